// A class in real browsers: a teacher and two students, everything that they do together, and what each sees of it.
import { readFile } from 'node:fs/promises'
import { expect, expectClean, folder, launch, Report, shot } from './browser.mjs'
import { Lectern } from './lectern.mjs'

const desktop = { width: 1280, height: 800 }
const phone = { width: 390, height: 844 }

const report = new Report()
const browser = await launch('--autoplay-policy=no-user-gesture-required')
const server = await Lectern.start()
const made = await post('/api/v1/rooms', { title: 'Algebra 7b', policy: { lobby: true } })

async function post(path, body) {
  const response = await fetch(server.url + path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  return response.json()
}

/** person opens the room by a link, and gives the page with hooks into its connections, as a modified client has them. */
async function person(name, link, { small = false, language = 'en-US' } = {}) {
  const context = await browser.newContext({ viewport: small ? phone : desktop, isMobile: small, hasTouch: small, locale: language, permissions: ['camera', 'microphone'] })
  const page = await context.newPage()
  page.complaints = []
  page.on('pageerror', (error) => page.complaints.push(String(error)))
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && page.complaints.push(message.text()))
  page.sockets = []
  await page.routeWebSocket(/\/api\/v1\/rooms\//, (socket) => {
    if (page.cut) return socket.close({ code: 1006 })
    const far = socket.connectToServer()
    page.sockets.push({ far, socket })
  })
  await page.addInitScript(() => {
    const Real = window.RTCPeerConnection
    window.connections = []
    window.RTCPeerConnection = class extends Real {
      constructor(...args) {
        super(...args)
        window.connections.push(this)
      }
    }
  })
  await page.goto(link)
  await page.fill('#name', name)
  await page.click('.door button[type=submit]')
  return page
}

const control = (page, word) => page.click(`.controls [aria-label^="${word}"]`)
const figures = (page) => page.evaluate(() => window.lectern.stats())
const inRoom = (page) => page.waitForSelector('.room')

/** until waits for something to hold of the figures of a page. */
async function until(page, what, ok, patience = 20_000) {
  for (const end = Date.now() + patience; ; ) {
    const now = await figures(page)
    if (ok(now)) return now
    if (Date.now() > end) throw new Error(`${what} does not come: ${JSON.stringify(now)}`)
    await page.waitForTimeout(150)
  }
}

/** flows waits for new pictures and sound of a seat. */
async function flows(page, seat, { sound = true } = {}) {
  const before = (await figures(page)).seats[seat]
  return until(page, `the media of seat ${seat}`, ({ seats }) => seats[seat].frames > before.frames + 5 && (!sound || seats[seat].audioEnergy > before.audioEnergy + 0.01))
}

/** panel shows one of the panels beside the stage. */
const panel = async (page, name) => {
  if (!(await page.$('.side'))) await control(page, 'Chat')
  await page.click(`#side-${name}`)
}

const says = (page, selector, text) => page.waitForFunction(([selector, text]) => document.querySelector(selector)?.innerText.includes(text), [selector, text])

let teacher, bo, chidi

await report.check('a room is made with one press, and entered as its teacher', async () => {
  const page = await browser.newPage()
  await page.goto(server.url)
  await page.click('button:has-text("New room")')
  await page.waitForURL(/\/room\//)
  await page.fill('#name', 'Somebody')
  await page.click('.door button[type=submit]')
  await inRoom(page)
  expect('she is a teacher', (await figures(page)).role === 'teacher')
  await page.close()
})

await report.check('the teacher enters, and sees herself before others do', async () => {
  teacher = await person('Ada Teacher', made.links.teacher)
  await teacher.waitForSelector('dialog .primary')
  await says(teacher, 'dialog', 'network is ready')
  await shot(teacher, 'room-seat')
  await teacher.click('dialog .primary')
  await until(teacher, 'the stage', ({ pub }) => pub === 'connected')
  expect('the secret is out of the address', !(await teacher.url()).includes('#'))
})

await report.check('a student waits in the lobby until the teacher admits', async () => {
  bo = await person('Bo', made.links.student)
  await says(bo, '.door', 'number 1 in line')
  await shot(bo, 'room-lobby')
  await teacher.click('.top .warn')
  await says(teacher, '.lobby', 'Bo')
  await shot(teacher, 'room-lobby-teacher')
  await teacher.click('.lobby .primary')
  await inRoom(bo)
  await flows(bo, 1)
  expect('nothing is asked of the audience', (await bo.$('dialog')) === null && (await bo.$('.controls [aria-label^="Microphone"]')) === null)
  await teacher.click('.top [aria-label="This class"]')
  await teacher.click('dialog label:has-text("Waiting room") input')
  await teacher.waitForFunction(() => !window.lectern.room.room.policy.lobby)
  await teacher.keyboard.press('Escape')
})

await report.check('chat: a line arrives, with what it answers; a late comer reads it too', async () => {
  await panel(bo, 'chat')
  await bo.fill('.writing textarea', 'Is <b>x²</b> the same as x·x?')
  await bo.keyboard.press('Enter')
  await panel(teacher, 'chat')
  await says(teacher, '.messages', 'Is <b>x²</b> the same')
  await teacher.hover('.line')
  await teacher.click('.line .acts button:has-text("Reply")')
  await teacher.fill('.writing textarea', 'Exactly.')
  await teacher.keyboard.press('Enter')
  await says(bo, '.messages blockquote', 'Bo: Is')
  chidi = await person('Chidi', made.links.student, { small: true })
  await inRoom(chidi)
  await control(chidi, 'Chat')
  await says(chidi, '.messages', 'Exactly.')
  await shot(chidi, 'room-chat-phone')
  await chidi.click('.side .close')
})

await report.check('a hand goes up, is invited, accepts, and is seen and heard by all', async () => {
  const offers = (await figures(chidi)).offers
  await control(bo, 'Hand')
  await panel(teacher, 'hands')
  await says(teacher, '.queue', 'Bo')
  await shot(teacher, 'room-hands')
  await teacher.click('.hands .primary')
  await bo.waitForSelector('dialog .primary')
  await shot(bo, 'room-invited')
  await bo.click('dialog .primary')
  await Promise.all([flows(teacher, 2), flows(chidi, 2)])
  await says(teacher, '.hands, .side .none', 'No hand')
  await Promise.all([shot(teacher, 'room-stage'), shot(chidi, 'room-stage-phone')])
  expect('the audience is not negotiated with again', (await figures(chidi)).offers === offers)
})

await report.check('a muted student is not heard, not even with a modified client', async () => {
  await panel(teacher, 'people')
  await teacher.click('.people li:has-text("Bo") .quiet')
  await teacher.click('dialog button:has-text("Mute")')
  await says(bo, '.toasts', 'turned off')
  await bo.waitForFunction(() => !window.lectern.room.seats[2].audio)
  await bo.evaluate(() => {
    for (const pc of window.connections) for (const { track } of pc.getSenders()) if (track) track.enabled = true
  })
  bo.sockets.at(-1).far.send(JSON.stringify({ id: 9001, type: 'media.state', data: { mic: true, camera: true, screen: false } }))
  const before = (await figures(chidi)).seats[2]
  await flows(chidi, 2, { sound: false })
  await chidi.waitForTimeout(1500)
  const after = (await figures(chidi)).seats[2]
  const sending = await bo.evaluate(async () => {
    let sent = 0
    for (const pc of window.connections) for (const entry of (await pc.getStats()).values()) if (entry.type === 'outbound-rtp' && entry.kind === 'audio') sent += entry.packetsSent
    return sent
  })
  expect('the modified client sends', sending > 50)
  expect(`no sound gets through (${after.audioPackets - before.audioPackets} packets)`, after.audioPackets - before.audioPackets <= 5)
  await shot(bo, 'room-muted')
  await teacher.click('.people li:has-text("Bo") .quiet')
  await teacher.click('dialog button:has-text("Ask to unmute")')
  await bo.click('dialog .primary')
  await flows(chidi, 2)
})

await report.check('a screen is shared, sharp, and the people stay', async () => {
  await control(teacher, 'Share')
  await shot(teacher, 'room-share')
  await teacher.click('dialog .primary')
  const { seats } = await flows(chidi, 0, { sound: false })
  expect(`the screen is not made smaller (${seats[0].width})`, seats[0].width >= 1920)
  await chidi.waitForSelector('.tile.content.large video:not(.unseen)')
  await Promise.all([shot(chidi, 'room-shared-phone'), shot(bo, 'room-shared')])
  await control(teacher, 'Share')
  await chidi.waitForFunction(() => window.lectern.room.seats[0].state === 'free')
})

await report.check('a live stream is put on stage, and taken off', async () => {
  const studio = await browser.newPage()
  await studio.goto(`${server.url}/publish/clock?source=clock&auto=1&codec=video/VP8`)
  await studio.waitForFunction(() => window.lectern?.state === 'live')
  await teacher.click('.top [aria-label="This class"]')
  await teacher.fill('#bring', 'clock')
  await teacher.click('.bring button')
  await flows(chidi, 0)
  await teacher.waitForSelector('.tile.content video:not(.unseen)')
  await shot(teacher, 'room-stream')
  await teacher.hover('.tile.content')
  await teacher.click('.tile.content .off-stage')
  await chidi.waitForFunction(() => window.lectern.room.seats[0].state === 'free')
  await studio.close()
})

await report.check('a poll: asked, answered, who is missing, shown', async () => {
  await panel(teacher, 'polls')
  await teacher.click('.composer summary')
  await teacher.fill('#poll', '? What is 2 + 2\n- 3\n* 4')
  await teacher.click('.composer .primary')
  await control(chidi, 'Polls')
  await chidi.click('.poll label:has-text("4")')
  await says(teacher, '.poll', '1 vote')
  await says(teacher, '.poll', 'Bo')
  await shot(teacher, 'room-poll')
  await teacher.click('.poll button:has-text("Show the result")')
  await says(chidi, '.poll', 'right')
  await shot(chidi, 'room-poll-phone')
  await chidi.click('.side .close')
})

await report.check('the whiteboard: a stroke is seen by all, and undone', async () => {
  await control(teacher, 'Board')
  await teacher.waitForSelector('.sheet canvas')
  const dark = (page) =>
    page.evaluate(() => {
      const canvas = document.querySelector('.sheet canvas')
      if (!canvas?.width) return 0
      const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true })
      copy.drawImage(canvas, 0, 0)
      const { data } = copy.getImageData(0, 0, canvas.width, canvas.height)
      let n = 0
      for (let i = 3; i < data.length; i += 4) if (data[i] > 128) n++
      return n
    })
  const box = await (await teacher.$('.sheet')).boundingBox()
  await teacher.mouse.move(box.x + 60, box.y + 80)
  await teacher.mouse.down()
  for (let i = 0; i < 50; i++) await teacher.mouse.move(box.x + 60 + i * 8, box.y + 80 + 40 * Math.sin(i / 6))
  await teacher.mouse.up()
  await chidi.waitForSelector('.sheet canvas')
  const seen = async (page, drawn) => {
    for (let left = 100; left > 0 && (await dark(page)) > 60 !== drawn; left--) await page.waitForTimeout(100)
    expect(drawn ? 'the ink is seen' : 'the ink is gone', (await dark(page)) > 60 === drawn)
  }
  await Promise.all([seen(bo, true), seen(chidi, true)])
  await Promise.all([shot(bo, 'room-board'), shot(chidi, 'room-board-phone')])
  await teacher.click('.board [aria-label="Undo"]')
  await Promise.all([seen(teacher, false), seen(chidi, false)])
  await control(teacher, 'Board')
})

await report.check('reactions and flying messages are seen', async () => {
  await control(chidi, 'React')
  await chidi.click('.faces button')
  await bo.waitForSelector('.rising span', { state: 'attached' })
  await panel(bo, 'chat')
  await bo.click('.compose [aria-label="Let it fly over the stage"]')
  await bo.fill('.writing textarea', 'Nice proof!')
  await bo.keyboard.press('Enter')
  await teacher.waitForSelector('.sky span', { state: 'attached' })
  await panel(teacher, 'chat')
  await says(teacher, '.messages', 'Nice proof!')
})

await report.check('the teacher loads the page again: role, seat, camera and microphone are there', async () => {
  const { member } = await figures(teacher)
  await teacher.reload()
  await inRoom(teacher)
  const now = await until(teacher, 'the stage', ({ pub }) => pub === 'connected')
  expect('the same person', now.member === member && now.role === 'teacher')
  await flows(chidi, 1)
  await panel(teacher, 'chat')
  await says(teacher, '.messages', 'Exactly.')
})

await report.check('ten seconds without the socket: seat and role are kept, nothing is missed', async () => {
  bo.cut = true
  await bo.sockets.at(-1).socket.close({ code: 1001 })
  await bo.sockets.at(-1).far.close()
  await bo.waitForSelector('.trouble')
  await shot(bo, 'room-lost')
  await teacher.fill('.writing textarea', 'Said while somebody was away')
  await teacher.keyboard.press('Enter')
  await bo.waitForTimeout(10_000)
  bo.cut = false
  await bo.evaluate(() => dispatchEvent(new Event('online')))
  await says(bo, '.toasts', 'You were away')
  await shot(bo, 'room-back')
  await says(bo, '.messages', 'Said while somebody was away')
  const seat = await bo.evaluate(() => window.lectern.room.seats[2].member?.id === window.lectern.room.self.member)
  expect('the seat is kept', seat)
  await flows(chidi, 2)
})

await report.check('ten seconds in which the server is frozen: everybody’s media come back', async () => {
  server.process.kill('SIGSTOP')
  await chidi.waitForTimeout(10_000)
  server.process.kill('SIGCONT')
  await flows(chidi, 1, { sound: false })
  await flows(chidi, 2, { sound: false })
  expect('still on stage', (await figures(bo)).state === 'inside')
})

await report.check('stepping down turns everything off', async () => {
  await control(bo, 'Leave the stage')
  await bo.waitForFunction(() => window.lectern.room.seats[2].state === 'free')
  await until(bo, 'the audience', ({ pub }) => pub === 'none')
  expect('no camera is on', await bo.evaluate(() => window.connections.every((pc) => pc.getSenders().every(({ track }) => !track || track.readyState === 'ended'))))
})

await report.check('keys do what the buttons do, and nothing while somebody writes', async () => {
  await bo.click('.stage')
  await bo.keyboard.press('h')
  await bo.waitForFunction(() => window.lectern.room.hand.raised)
  await bo.focus('.writing textarea')
  await bo.keyboard.press('h')
  await bo.waitForTimeout(300)
  expect('the hand is still up', await bo.evaluate(() => window.lectern.room.hand.raised))
  await bo.fill('.writing textarea', '')
  await bo.click('.stage')
  await bo.keyboard.press('h')
  await bo.waitForFunction(() => !window.lectern.room.hand.raised)
  await bo.keyboard.press('?')
  await bo.waitForSelector('dialog .keys')
  await shot(bo, 'room-keys')
  await bo.keyboard.press('Escape')
})

await report.check('the room is clean to axe, on a desk and on a phone', async () => {
  for (const page of [teacher, bo, chidi]) await expectClean({ evaluate: page.evaluate.bind(page), complaints: page.complaints })
})

await report.check('a person who is removed reads why, and does not come back', async () => {
  await panel(teacher, 'people')
  await teacher.click('.people li:has-text("Chidi") .quiet')
  await teacher.click('dialog button:has-text("Remove from the room")')
  await teacher.click('dialog label:has-text("Not again in this class")')
  await teacher.fill('#reason', 'See you tomorrow')
  await shot(teacher, 'room-kick')
  await teacher.click('dialog .danger')
  await says(chidi, '.door', 'See you tomorrow')
  await shot(chidi, 'room-removed-phone')
  await chidi.goto(made.links.student)
  await chidi.reload()
  await chidi.fill('#name', 'Chidi again')
  await chidi.click('.door button[type=submit]')
  await chidi.waitForSelector('.door .actions')
  expect('the door stays shut', (await chidi.$('.room')) === null)
})

await report.check('the class ends for all', async () => {
  await teacher.click('.top [aria-label="This class"]')
  await shot(teacher, 'room-class')
  await teacher.click('dialog .danger')
  await teacher.click('dialog .danger')
  await Promise.all([says(bo, '.door', 'over'), says(teacher, '.door', 'over')])
  await shot(bo, 'room-ended')
  await says(teacher, '.report tbody', 'Chidi')
  await says(teacher, '.report .asked', '4') // the poll, with its answers
  const [file] = await Promise.all([teacher.waitForEvent('download'), teacher.click('.report button:has-text("Class report")')])
  const table = await readFile(await file.path(), 'utf8')
  expect(`the table has everybody: ${table}`, ['Ada Teacher', 'Bo', 'Chidi'].every((name) => table.includes(name)))
  await shot(teacher, 'room-ended-teacher')
})

await browser.close()
await server.end()
console.log(`pictures in ${folder}`)
report.end()
