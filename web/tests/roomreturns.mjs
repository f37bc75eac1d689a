// Who comes back to a room, or comes late, finds it as it is: the order of hands, who waits outside, what was said and drawn,
// and a place on stage after twenty seconds without a network.
import { createSocket } from 'node:dgram'
import { expect, expectClean, launch, Report, shot } from './browser.mjs'
import { Lectern } from './lectern.mjs'

const report = new Report()
const browser = await launch('--autoplay-policy=no-user-gesture-required')
const server = await Lectern.start()

async function makeRoom(settings = {}) {
  const response = await fetch(`${server.url}/api/v1/rooms`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ title: 'Algebra 7b', ...settings }) })
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  return response.json()
}

/** person opens the room by a link, in a window of its own. */
async function person(name, link, { small = false, before } = {}) {
  const context = await browser.newContext({ viewport: small ? { width: 390, height: 844 } : { width: 1280, height: 800 }, isMobile: small, hasTouch: small, permissions: ['camera', 'microphone'] })
  const page = await context.newPage()
  page.complaints = []
  page.on('pageerror', (error) => page.complaints.push(String(error)))
  if (before) await before(page)
  await page.goto(link)
  await page.fill('#name', name)
  await page.click('.door button[type=submit]')
  return page
}

const inside = (page) => page.waitForSelector('.room')
const says = (page, selector, text) => page.waitForFunction(([selector, text]) => document.querySelector(selector)?.innerText.includes(text), [selector, text])
const figures = (page) => page.evaluate(() => window.lectern.stats())
const gone = (...pages) => Promise.all(pages.map((page) => page.context().close()))

/** flows waits for new pictures of a seat. */
async function flows(page, seat, patience = 20_000) {
  const before = (await figures(page)).seats[seat].frames
  for (const end = Date.now() + patience; ; ) {
    const { frames } = (await figures(page)).seats[seat]
    if (frames > before + 5) return
    if (Date.now() > end) throw new Error(`no pictures of seat ${seat}: ${frames} after ${before}`)
    await page.waitForTimeout(150)
  }
}

/** A page on which members of a room live that are nothing but a socket. */
const crowd = await (await browser.newContext()).newPage()
await crowd.goto(`${server.url}/api/v1/info`)
await crowd.evaluate(() => {
  window.members = {}
  /** enter says hello, with the session of before where there is one, and gives the reply. */
  window.enter = (room, invite, name) =>
    new Promise((resolve, reject) => {
      const member = (window.members[name] ??= { seq: 0 })
      const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/api/v1/rooms/${room}/ws`, 'room.v1')
      member.socket = socket
      let last = 0
      const asked = new Map()
      member.ask = (type, data) =>
        new Promise((resolve) => {
          asked.set(++last, resolve)
          socket.send(JSON.stringify({ id: last, type, data }))
        })
      socket.onopen = async () => {
        const { ok, data, error } = await member.ask('hello', { invite, name, ...(member.session && { resume: { ...member.session, seq: member.seq } }) })
        if (!ok) return reject(new Error(`${name}: ${error.code}`))
        member.session = { id: data.session.id, key: data.session.key || member.session?.key }
        resolve(data)
      }
      socket.onmessage = ({ data: text }) => {
        const message = JSON.parse(text)
        if (message.type === 'ping') socket.send('{"type":"pong"}')
        if (message.seq) member.seq = message.seq
        asked.get(message.re)?.(message)
      }
    })
})
const idOf = (made) => new URL(made.links.student).pathname.split('/').pop()
const inviteOf = (made, who = 'student') => new URL(made.links[who]).hash.slice(3)
const enter = (made, name) => crowd.evaluate(([room, invite, name]) => window.enter(room, invite, name), [idOf(made), inviteOf(made), name])
const ask = (name, type, data = {}) => crowd.evaluate(([name, type, data]) => window.members[name].ask(type, data), [name, type, data])

const hands = ['twenty hands keep their order, whoever loads the page again', async () => {
  const made = await makeRoom()
  const teacher = await person('Ada Teacher', made.links.teacher)
  await inside(teacher)
  const browsers = ['Bo', 'Chidi', 'Dana']
  const pages = Object.fromEntries(await Promise.all(browsers.map(async (name) => [name, await person(name, made.links.student, { small: true })])))
  await Promise.all(Object.values(pages).map(inside))
  const sockets = Array.from({ length: 17 }, (_, i) => `Student ${String.fromCharCode(65 + ((i * 7) % 17))}`)
  for (const name of sockets) await enter(made, name)
  const order = [...sockets.slice(0, 3), 'Dana', ...sockets.slice(3, 9), 'Bo', ...sockets.slice(9, 15), 'Chidi', ...sockets.slice(15)]
  for (const name of order) {
    if (pages[name]) await pages[name].click('.controls [aria-label^="Hand"]')
    else await ask(name, 'hand.raise')
    await teacher.waitForFunction((name) => window.lectern.room.queue.some((hand) => hand.name === name), name)
  }
  const queue = (page) => page.evaluate(() => window.lectern.room.queue.map(({ name }) => name).join(', '))
  expect(`as they went up: ${await queue(teacher)}`, (await queue(teacher)) === order.join(', '))

  await Promise.all(Object.values(pages).map((page) => page.reload()))
  await Promise.all(Object.values(pages).map(inside))
  for (const name of [sockets[2], sockets[8], sockets[16]]) {
    await crowd.evaluate((name) => window.members[name].socket.close(), name)
    const { session } = await enter(made, name)
    expect(`${name} goes on`, session.resumed)
  }
  const second = await person('Eve Assistant', made.links.teacher)
  await inside(second)
  for (const page of [teacher, second]) expect(`the same order: ${await queue(page)}`, (await queue(page)) === order.join(', '))
  expect('the hands of those who came back are up', (await Promise.all(Object.values(pages).map((page) => page.evaluate(() => window.lectern.room.hand.raised)))).every(Boolean))
  await teacher.keyboard.press('Escape')
  await teacher.click('.controls [aria-label^="Hands"]')
  await shot(teacher, 'room-twenty-hands')
  await gone(teacher, second, ...Object.values(pages))
}]

await report.check('a teacher who loads the page again finds five in the lobby, and is not one of them', async () => {
  const made = await makeRoom({ policy: { lobby: true } })
  const teacher = await person('Ada Teacher', made.links.teacher)
  await inside(teacher)
  const names = ['Kim', 'Lee', 'Mia', 'Noa', 'Oli']
  for (const name of names) expect(`${name} waits`, (await enter(made, name)).state === 'waiting')
  const lobby = () => teacher.evaluate(() => window.lectern.room?.lobby.map(({ name }) => name).join(', '))
  await teacher.waitForFunction(() => window.lectern.room.lobby.length === 5)
  await teacher.reload()
  await inside(teacher)
  expect(`the list is whole: ${await lobby()}`, (await lobby()) === names.join(', '))
  expect('she is a teacher', (await figures(teacher)).role === 'teacher')
  await gone(teacher)
})

await report.check('who comes late has chat, board, poll and layout within a second and a half', async () => {
  const made = await makeRoom()
  const teacher = await person('Ada Teacher', made.links.teacher)
  await inside(teacher)
  await teacher.keyboard.press('Escape')
  // What an hour leaves behind.
  await Promise.all(Array.from({ length: 12 }, async (_, i) => {
    await enter(made, `Scribe ${i}`)
    for (let n = 0; n < 5; n++) await ask(`Scribe ${i}`, 'chat.send', { text: `Line ${n} of ${i}`, nonce: `n${n}` })
  }))
  const staff = { room: idOf(made), invite: inviteOf(made, 'teacher') }
  await crowd.evaluate(async ({ room, invite }) => {
    await window.enter(room, invite, 'Assistant')
    const { ask } = window.members['Assistant']
    const ok = async (...request) => {
      const reply = await ask(...request)
      if (!reply.ok) throw new Error(`${request[0]}: ${reply.error.code} ${reply.error.message}`)
    }
    await ok('poll.start', { q: 'Is 1 a prime?', options: ['yes', 'no'] })
    await ok('room.layout', { mode: 'grid', spotlight: '', keep: [] })
    await ok('board.op', { board: 'b1', ops: Array.from({ length: 40 }, (_, i) => ({ id: `s${i}`, t: 'stroke', page: 0, d: { c: 0, w: 60, p: [400 * i, 400, 0, 8000] } })) })
  }, staff)
  const late = await person('Late', made.links.student, {
    before: (page) => page.addInitScript(() => addEventListener('submit', () => (window.pressed = performance.now()), { capture: true })),
  })
  const took = await late.evaluate(async () => {
    const there = () => {
      const { room } = window.lectern
      const canvas = document.querySelector('.board .sheet canvas')
      if (!room || !canvas?.width) return false
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
      let ink = 0
      for (let i = 3; i < data.length; i += 4) if (data[i] > 0) ink++
      return ink > 1000 && document.querySelectorAll('.line').length >= 50 && room.polls.length === 1 && room.room.layout.mode === 'grid'
    }
    while (!there()) await new Promise((resolve) => setTimeout(resolve, 10))
    return performance.now() - window.pressed
  })
  report.note(`${Math.round(took)} ms from the press on “Join” to 50 lines, 40 strokes, the poll and the layout`)
  expect(`${Math.round(took)} ms is not too long`, took < 1500)
  await shot(late, 'room-late')
  await gone(teacher, late)
})

/**
 * Cable is the network between one page and the server: what the page sends to the server's UDP port goes through here, and so
 * do its messages, which wait while the cable is out, as TCP has it.
 */
class Cable {
  static async plugged(page) {
    const cable = new Cable()
    cable.port = createSocket('udp4')
    await new Promise((resolve) => cable.port.bind(0, '127.0.0.1', resolve))
    const flows = new Map()
    cable.port.on('message', (datagram, from) => {
      if (cable.out) return
      let flow = flows.get(from.port)
      if (!flow) {
        flow = createSocket('udp4')
        flow.on('message', (back) => cable.out || cable.port.send(back, from.port, from.address))
        flow.on('error', () => undefined) // the server closes its port to strangers
        flows.set(from.port, flow)
        cable.flows = flows
      }
      flow.send(datagram, cable.media, '127.0.0.1')
    })
    await page.routeWebSocket(/\/api\/v1\/rooms\//, (socket) => {
      const far = socket.connectToServer()
      socket.onMessage((text) => cable.#pass(() => far.send(text)))
      far.onMessage((text) => cable.#pass(() => socket.send(cable.#through(String(text)))))
    })
    return cable
  }

  held = []

  #pass(send) {
    if (this.out) this.held.push(send)
    else send()
  }

  /** #through leads the media of an answer through this cable alone. */
  #through(text) {
    if (!text.includes('a=candidate')) return text
    this.media = Number(/candidate:\S+ 1 udp \d+ \S+ (\d+) /.exec(text)?.[1])
    const own = this.port.address().port
    return text.replace(/(candidate:\S+ 1 udp \d+) \S+ \d+ /g, `$1 127.0.0.1 ${own} `).replace(/a=candidate:\S+ 1 tcp (?:(?!\\r\\n).)*\\r\\n/gi, '')
  }

  pull() {
    this.out = true
  }

  plug() {
    this.out = false
    for (const send of this.held.splice(0)) send()
  }

  close() {
    this.port.close()
    this.flows?.forEach((flow) => flow.close())
  }
}

const cut = ['twenty seconds without a cable on stage: others see it, the seat and one interval of attendance are kept', async () => {
  const made = await makeRoom()
  const teacher = await person('Ada Teacher', made.links.teacher)
  await inside(teacher)
  await teacher.click('dialog .primary')
  let cable
  const bo = await person('Bo', made.links.student, { before: async (page) => (cable = await Cable.plugged(page)) })
  await inside(bo)
  await bo.click('.controls [aria-label^="Hand"]')
  await teacher.waitForFunction(() => window.lectern.room.queue.length === 1)
  await teacher.keyboard.press('n')
  await bo.click('dialog .primary')
  await flows(teacher, 2)
  const before = await bo.evaluate(() => window.lectern.room.self)

  const pulled = Date.now()
  cable.pull()
  await says(teacher, '[data-seat="2"]', 'Bo is reconnecting')
  report.note(`others see it after ${((Date.now() - pulled) / 1000).toFixed(1)} s`)
  await shot(teacher, 'room-cable-out')
  await teacher.setViewportSize({ width: 390, height: 844 })
  await shot(teacher, 'room-cable-out-phone')
  await teacher.setViewportSize({ width: 1280, height: 800 })
  await teacher.waitForTimeout(20_000 - (Date.now() - pulled))
  expect('the seat is Bo’s all the time', await teacher.evaluate((id) => window.lectern.room.seats[2].member?.id === id, before.member))
  cable.plug()
  const plugged = Date.now()
  await flows(teacher, 2, 30_000)
  await teacher.waitForFunction(() => !document.querySelector('[data-seat="2"] .between'))
  report.note(`and see Bo again ${((Date.now() - plugged) / 1000).toFixed(1)} s after the cable is in`)
  await flows(bo, 1)
  const after = await bo.evaluate(() => window.lectern.room.self)
  expect('the same person on the same seat', after.member === before.member && after.seat === 2)
  await expectClean({ evaluate: teacher.evaluate.bind(teacher), complaints: teacher.complaints })

  const { id, key } = await teacher.evaluate(() => JSON.parse(Object.entries(sessionStorage).find(([name]) => name.startsWith('lectern.session.'))[1]))
  const attendance = await (await fetch(`${server.url}/api/v1/rooms/${idOf(made)}/attendance.json`, { headers: { Authorization: `Bearer ${id}.${key}` } })).json()
  const [his] = attendance.attendance.filter(({ name }) => name === 'Bo')
  expect(`one interval: ${JSON.stringify(his)}`, his.intervals.length === 1)
  cable.close()
  await gone(teacher, bo)
}]

// Most of the second is waiting.
await Promise.all([hands, cut].map(([name, run]) => report.check(name, run)))

await browser.close()
await server.end()
report.end()
