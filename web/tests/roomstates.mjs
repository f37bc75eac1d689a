// What the page of a room says and offers in states that are hard to bring about: the room's part is played by the test.
import { expectClean, launch, expect, open, Report, server, shot } from './browser.mjs'
import { FakeRoom } from './fakeroom.mjs'

const report = new Report()
const browser = await launch()
const now = () => new Date().toISOString()

/** state checks one state on a desk and on a phone, at the same time: most of it is waiting. */
async function state(name, { join = true, path = '/room/math-7b', ...options }, run) {
  const check = (small) => async () => {
    const page = await open(browser, '/icon.svg', { ...options, small })
    try {
      const room = await FakeRoom.on(page, options)
      await page.goto(server + path)
      if (join) {
        await page.fill('#name', options.role === 'teacher' ? 'Ada Teacher' : 'Bo Student')
        await page.click('.door button[type=submit]')
      }
      await run(page, room, small)
      await shot(page, `roomstate-${name.replaceAll(' ', '-')}${small ? '-phone' : ''}`)
      await expectClean(page)
    } finally {
      await page.context().close()
    }
  }
  await Promise.all([false, true].map((small) => report.check(`${name}, ${small ? 'phone' : 'desktop'}`, check(small))))
}

/** loud gives a page a microphone into which somebody speaks all the time, and devices that a test can plug in. */
function loud() {
  window.opened = []
  window.plugged = [{ kind: 'audioinput', deviceId: 'own', groupId: 'o', label: 'Built-in microphone' }, { kind: 'videoinput', deviceId: 'cam', groupId: 'o', label: 'Built-in camera' }]
  navigator.mediaDevices.enumerateDevices = async () => window.plugged
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    window.opened.push(wanted.audio ? 'audio' : 'video')
    if (!wanted.audio) return real(wanted)
    const context = new AudioContext()
    const [voice, ear] = [new OscillatorNode(context, { frequency: 220 }), context.createMediaStreamDestination()]
    voice.connect(ear)
    voice.start()
    window.microphone = ear.stream.getTracks()[0]
    return ear.stream
  }
}

const inside = (page) => page.waitForSelector('.room')
const says = (page, selector, text) => page.waitForFunction(([selector, text]) => document.querySelector(selector)?.innerText.includes(text), [selector, text])
const refusing = (code, more = {}) => ({ hello: () => ({ error: { code, message: code, ...more } }) })
const press = (page, word) => page.click(`.controls [aria-label^="${word}"]`)

await state('the door', { join: false }, (page) => says(page, '.door', '23 people'))
await state('the door with a password', { join: false, facts: { auth: ['password'] } }, (page) => page.waitForSelector('#password'))
await state('the door for the invited', { join: false, facts: { auth: ['token', 'invite'] } }, (page) => says(page, '.door', 'invitation'))
await state('a student', {}, inside)
await state('a student, in Chinese', { language: 'zh-CN' }, (page) => page.waitForSelector('.controls [aria-label^="离开"]'))
await state('a teacher, in light', { role: 'teacher', theme: 'light' }, inside)

await state('no such room', { path: '/room/nowhere', join: false }, (page) => says(page, '.door', 'no such room'))
for (const [code, text] of Object.entries({ room_full: 'full', room_locked: 'locked', forbidden: 'may not enter', token_expired: 'is over', not_started: 'not started' })) {
  await state(`refused with ${code}`, refusing(code), (page) => says(page, '.door', text))
}
await state('open elsewhere', refusing('conflict'), async (page, room) => {
  await says(page, '.door', 'another tab')
  room.answers = {}
  await page.click('.door .primary')
  await inside(page)
  expect('it is moved here', room.of('hello').at(-1).takeover === true)
})
await state('moved away', {}, async (page, room) => {
  await inside(page)
  await room.close(4409)
  await says(page, '.door', 'another tab')
})
await state('removed', {}, async (page, room) => {
  await inside(page)
  await room.close(4403, 'Please come back tomorrow.')
  await says(page, '.door', 'tomorrow')
})
await state('over', { theme: 'light' }, async (page, room) => {
  await inside(page)
  await room.close(4404)
  await says(page, '.door', 'It took 1 minute')
})
const taught = async (page, room) => {
  await inside(page)
  await page.click('dialog .head button')
  await room.close(4404)
  await says(page, '.report', 'Chidi')
  await says(page, '.asked', 'Is 1 a prime?')
  expect('each row is a person’s', (await page.$$('.report tbody tr')).length === 4)
}
await state('over, for who taught it', { role: 'teacher', theme: 'light' }, async (page, room) => {
  await taught(page, room)
  await page.reload()
  await says(page, '.report', 'Chidi')
})
await state('over, for who taught it, in the dark', { role: 'teacher', language: 'zh-CN' }, taught)
await state('over, and the report cannot be had', { role: 'teacher', report: null }, async (page, room) => {
  await inside(page)
  await page.click('dialog .head button')
  await room.close(4404)
  await page.waitForSelector('.report .button')
  page.complaints.length = 0 // the browser's own, about the status
})
await state('the report of a class that goes on', { role: 'teacher' }, async (page) => {
  await inside(page)
  await page.click('dialog .head button')
  await page.click('.top [aria-label="This class"]')
  await page.click('dialog button:has-text("Class report")')
  await says(page, 'dialog .report', 'Chidi')
})
for (const [code, close, text] of [['token_expired', 4401, 'is over'], ['revoked', 4403, 'taken back']]) {
  await state(`ended by the server with ${code}`, {}, async (page, room) => {
    await inside(page)
    room.say('session.ended', { code, message: code }, false)
    await room.close(close)
    await says(page, '.door', text)
  })
}
const stalled = async (page, room) => {
  await inside(page)
  room.say('seat.set', { ...room.welcome().seats[1], video: true, stalled: true })
  room.say('seat.set', { ...room.welcome().seats[2], state: 'reconnecting' })
  await says(page, '[data-seat="1"]', 'Ada Teacher is reconnecting')
  await says(page, '[data-seat="2"]', 'Chidi is reconnecting')
}
await state('seats that stall', {}, stalled)
await state('seats that stall, in light', { theme: 'light' }, async (page, room) => {
  await stalled(page, room)
  room.say('seat.set', room.welcome().seats[1])
  await page.waitForFunction(() => !document.querySelector('[data-seat="1"] .between'))
})
await state('in front of the door', { hello: () => ({ state: 'waiting', waiting: { pos: 3, message: 'Class starts at 9:05' }, session: { id: 's', key: 'k' } }) }, async (page, room) => {
  await says(page, '.door', 'number 3')
  room.say('lobby.update', { pos: 2, message: 'Class starts at 9:05' })
  await says(page, '.door', 'number 2')
})

await state('without a connection', {}, async (page, room) => {
  await inside(page)
  room.answers = refusing('unavailable', { retry_after_ms: 60_000 })
  await room.close(1011)
  await says(page, '.trouble', 'Connection lost')
})
await state('the teacher is gone', {}, async (page, room) => {
  await inside(page)
  room.say('room.update', { state: 'unattended' })
  await says(page, '.trouble', 'Please stay')
})
await state('a weak download', {}, async (page, room) => {
  await inside(page)
  room.say('quality', { members: [{ member: 'p_9', dir: 'down', score: 'poor' }, { member: 'p_2', dir: 'up', score: 'poor' }] }, false)
  await page.click('.trouble .button')
  await page.waitForFunction(() => document.querySelector('.trouble').innerText.includes('again'))
  expect('only sound and content are asked for', room.of('sub.prefs').at(-1).seats.every(({ seat, video }) => seat === 0 || video === 'off'))
})
await state('somebody’s weak connection', { role: 'teacher' }, async (page, room) => {
  await inside(page)
  await page.click('dialog .head button')
  room.say('seat.set', { ...room.welcome().seats[2], video: true })
  room.say('quality', { members: [{ member: 'p_2', dir: 'up', score: 'poor' }] }, false)
  await says(page, '.trouble', 'Chidi’s connection is weak')
  await page.click('.trouble .button')
  expect('his camera is turned off', room.of('media.mute')[0].member === 'p_2' && room.of('media.mute')[0].kind === 'video')
})
await state('talking into a microphone that is off', { before: loud }, async (page, room) => {
  await inside(page)
  room.say('seat.set', { ...room.welcome().seats[2], seat: 3, member: { id: 'p_9', name: 'Bo Student', role: 'student' } })
  await press(page, 'Microphone')
  await says(page, '.offers', 'your microphone is off')
})
await state('a microphone of which nothing comes', { before: loud }, async (page, room) => {
  await inside(page)
  const { seats } = room.welcome()
  room.say('seat.set', { ...seats[1], audio_stalled: true })
  await says(page, '.top .trouble', 'No sound comes from Ada Teacher’s microphone')
  await says(page, '.tile[data-seat="1"] figcaption', 'No sound')
  room.say('seat.set', seats[1])
  const own = { ...seats[2], seat: 3, member: { id: 'p_9', name: 'Bo Student', role: 'student' } }
  room.say('seat.set', own)
  await press(page, 'Microphone')
  await page.waitForFunction(() => window.opened.includes('audio'))
  room.say('seat.set', { ...own, audio: true, audio_stalled: true })
  await says(page, '.top .trouble', 'Nobody hears you')
  const opened = await page.evaluate(() => window.opened.length)
  await page.click('.top .trouble button')
  await page.waitForFunction((n) => window.opened.length > n, opened)
  expect('the microphone is on as before', room.of('media.state').at(-1).mic === true)
})
await state('a microphone that is gone', { before: loud }, async (page, room) => {
  await inside(page)
  const own = { ...room.welcome().seats[2], seat: 3, member: { id: 'p_9', name: 'Bo Student', role: 'student' } }
  room.say('seat.set', own)
  await press(page, 'Microphone')
  await page.waitForFunction(() => window.opened.includes('audio'))
  room.say('seat.set', { ...own, audio: true })
  await page.waitForFunction(() => document.querySelector('.controls [aria-keyshortcuts="M"]').ariaPressed === 'true')
  await page.evaluate(() => {
    navigator.mediaDevices.getUserMedia = async () => Promise.reject(new DOMException('', 'NotFoundError'))
    window.microphone.dispatchEvent(new Event('ended'))
  })
  for (let i = 0; i < 100 && room.of('media.state').at(-1)?.mic !== false; i++) await page.waitForTimeout(50)
  expect('the room is told that it is off', room.of('media.state').at(-1).mic === false)
  room.say('seat.set', own)
  await says(page, '.top .trouble', 'Your microphone is gone')
})
await state('a headset that is plugged in', { before: loud }, async (page, room) => {
  await inside(page)
  room.say('seat.set', { ...room.welcome().seats[2], seat: 3, member: { id: 'p_9', name: 'Bo Student', role: 'student' } })
  await press(page, 'Microphone')
  await page.waitForFunction(() => window.opened.includes('audio'))
  await page.evaluate(() => {
    window.plugged.push({ kind: 'audioinput', deviceId: 'jabra', groupId: 'j', label: 'Jabra Evolve2 40' })
    navigator.mediaDevices.dispatchEvent(new Event('devicechange'))
  })
  await says(page, '.offers', 'Use “Jabra Evolve2 40”?')
  await page.click('.offers button')
  const opened = (n) => page.waitForFunction((n) => window.opened.filter((kind) => kind === 'audio').length === n, n)
  await opened(2)
  await page.evaluate(() => window.microphone.dispatchEvent(new Event('ended')))
  await opened(3)
  await says(page, '.toasts:not(.offers)', 'A device was unplugged')
})
await state('a stream that may not be watched', { role: 'teacher' }, async (page, room) => {
  await inside(page)
  await page.click('dialog .head button')
  room.answers['stage.bring'] = () => ({ error: { code: 'forbidden', message: 'no', hint: 'watch' } })
  await page.click('.top [aria-label="This class"]')
  await page.fill('#bring', 'obs1')
  await page.click('.bring button')
  await says(page, '.toasts', 'does not let you watch that stream')
  await page.click('dialog .head button')
})
await state('a shape that is moved', { role: 'teacher' }, async (page, room) => {
  await inside(page)
  await page.click('dialog .head button')
  const shapes = [{ id: 'a', t: 'shape', d: { k: 'rect', c: 1, w: 60, p: [2000, 2000, 5000, 4000] } }, { id: 'b', t: 'text', d: { x: 8000, y: 4000, s: 600, c: 3, text: 'x² + y²' } }]
  room.answers['board.get'] = (data) => ({ ...data, ver: 2, pages: 1, shapes })
  await press(page, 'Board')
  await page.click('.tools [aria-label="Select and move"]')
  const paper = page.locator('.sheet canvas').last()
  const { x, y, width, height } = await paper.boundingBox()
  const at = (px, py) => [x + (px / 16_000) * width, y + (py / 9000) * height]
  await page.mouse.move(...at(2000, 3000))
  await page.mouse.down()
  await page.mouse.move(...at(4000, 4000), { steps: 4 })
  await page.mouse.up()
  /** drawn waits for the nth request, which comes a moment later than the press. */
  const drawn = async (n) => {
    for (const end = Date.now() + 5000; room.of('board.op').length <= n && Date.now() < end; ) await page.waitForTimeout(50)
    return room.of('board.op')[n].ops[0]
  }
  const first = await drawn(0)
  expect('it is moved by so much', first.t === 'move' && first.id === 'a' && Math.abs(first.dx - 2000) < 60 && Math.abs(first.dy - 1000) < 60)
  room.say('board.ops', { board: 'b1', ver: 3, by: 'p_1', ops: [first] })
  await paper.focus()
  await page.keyboard.press('Escape')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Tab')
  for (let i = 0; i < 3; i++) await page.keyboard.press('Shift+ArrowDown')
  const second = await drawn(1)
  expect('keys move the other one', second.id === 'b' && second.dx === 0 && second.dy === 2400)
})
await state('slow mode', {}, async (page, room, small) => {
  await inside(page)
  if (small) await press(page, 'Chat')
  room.answers['chat.send'] = () => ({ error: { code: 'rate_limited', message: 'slow', retry_after_ms: 30_000 } })
  await page.fill('.writing textarea', 'Kept')
  await page.keyboard.press('Enter')
  await page.waitForSelector('.writing [aria-label^="Wait"]')
  expect('what was written is kept', (await page.inputValue('.writing textarea')) === 'Kept')
})
await state('an invitation', {}, async (page, room) => {
  await inside(page)
  room.say('stage.invited', { by: { id: 'p_1', name: 'Ada Teacher', role: 'teacher' }, media: ['mic', 'camera'], expires_ms: 30_000 })
  await says(page, 'dialog', 'Join')
  await page.waitForFunction(() => document.querySelector('.own')?.videoWidth > 0)
  await page.keyboard.press('Escape')
  await page.waitForFunction(() => !document.querySelector('dialog'))
  expect('it was declined', room.of('stage.decline').length === 1)
  room.say('stage.invited', { by: { id: 'p_1', name: 'Ada Teacher', role: 'teacher' }, media: ['mic'], expires_ms: 30_000 })
  await says(page, 'dialog', 'Join muted')
})
await state('a full stage', { role: 'teacher' }, async (page, room) => {
  await inside(page)
  await page.waitForSelector('dialog')
  await page.click('dialog .head button')
  room.say('hand.update', { queue: [{ member: 'p_9', name: 'Bo Student', since: now(), mood: 'question' }, { member: 'p_3', name: 'Dana', since: now(), mood: 'slower', note: 'the last step' }] })
  room.answers['stage.invite'] = ({ swap }) => (swap ? {} : { error: { code: 'stage_full', message: 'full' } })
  await page.waitForFunction(() => window.lectern.room.queue.length === 2)
  await page.keyboard.press('n')
  await says(page, 'dialog', 'Who makes room')
})
await state('the teacher’s lists', { role: 'teacher' }, async (page, room) => {
  await inside(page)
  await page.click('dialog .head button')
  room.say('lobby.list', { members: [{ member: 'p_20', name: 'Eve Late', since: now(), guest: true }], text: '' })
  await page.click('.top .warn')
  await says(page, '.people', 'Chidi')
  await says(page, '.lobby', 'Eve Late')
  expect('the title tells', (await page.title()).startsWith('(1)'))
})
await state('a person', { role: 'teacher' }, async (page) => {
  await inside(page)
  await page.click('dialog .head button')
  await press(page, 'People')
  await page.click('.people li:has-text("Chidi") .quiet')
  await says(page, 'dialog', 'Remove from the room')
})
await state('polls', {}, async (page, room) => {
  await inside(page)
  room.say('poll.update', { poll: 'q0', q: 'Are you well?', options: ['Yes', 'No'], state: 'published', at: now(), voted: 20, tally: [17, 3], correct: [0] })
  room.say('poll.update', { poll: 'q1', q: 'What is 2 + 2?', options: ['3', '4', '5'], state: 'open', at: now(), voted: 7, anonymous: true })
  room.say('poll.update', { poll: 'q2', q: 'In one word?', state: 'published', at: now(), voted: 3, words: [{ text: 'fine', n: 2 }, { text: 'well', n: 1 }] })
  await press(page, 'Polls')
  await says(page, '.polls', 'Anonymous')
  await page.click('.option:has-text("4")')
  await page.waitForFunction(() => document.querySelector('.poll fieldset').disabled)
  expect('the answer is sent', room.of('poll.vote')[0].choice[0] === 1)
})
await state('lines that fly', {}, async (page, room) => {
  await inside(page)
  for (let i = 0; i < 100; i++) room.say('danmaku', { items: [{ msg: 'x', text: `What a nice proof ${i}`, lane: i % 3 ? 'roll' : 'bottom', color: i % 2 ? '#ffd400' : '', member: 'p_2', name: 'Chidi' }] }, false)
  await page.waitForSelector('.sky span', { state: 'attached' })
  expect('there are never too many', (await page.$$('.sky span')).length <= 40)
})
await state('five hundred attacks by text', { hello: (_, room) => room.welcome({ chat: { more: false, messages: attacks() } }) }, async (page, _, small) => {
  page.on('dialog', (dialog) => page.complaints.push(`dialog: ${dialog.message()}`))
  await inside(page)
  if (small) await press(page, 'Chat')
  await page.waitForFunction(() => document.querySelectorAll('.line').length === 500)
  expect('no address but http is a link', (await page.$$('.line a:not([href^="http"])')).length === 0)
  expect('no element comes of a text', (await page.$$('.line img, .line script, .line iframe, .line svg:not([aria-hidden])')).length === 0)
})

/** attacks are texts that mean to be more than that. */
function attacks() {
  const texts = ['<img src=x onerror=alert(1)>', '<script>alert(1)</script>', '"><svg onload=alert(1)>', 'javascript:alert(1)', '{{constructor.constructor("alert(1)")()}}', '<iframe srcdoc="<script>alert(1)</script>">', 'https://a/"onmouseover="alert(1)', '<a href="javascript:alert(1)">x</a>', '\u202Egnp.exe', '<style>*{display:none}</style>']
  return Array.from({ length: 500 }, (_, i) => ({ msg: `x${i}`, at: now(), member: 'p_2', name: texts[(i + 3) % texts.length], role: 'student', text: `${texts[i % texts.length]} ${i}` }))
}

await browser.close()
report.end()
