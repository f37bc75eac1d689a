// Each failure that the pages can meet, provoked as it comes about: a browser that lacks or refuses something, a wrong
// key, a server that is gone. Each must say what, why, and offer at most one thing to do; where waiting helps, the page
// must come back without a click.
//
//     LECTERN_BIN=../bin/lectern SHOTS_DIR=/tmp/shots npm run failures
import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:http'
import { elsewhere, Lectern } from './lectern.mjs'
import { expect, expectClean, folder, launch, open, Report, shot, stat, until } from './browser.mjs'

/** FAILURES_ONLY picks some of them: a regular expression on their names. */
const only = new RegExp(process.env.FAILURES_ONLY ?? '')

const report = new Report()
await mkdir(folder, { recursive: true })
const browser = await launch('--autoplay-policy=no-user-gesture-required')

/** scene runs one provocation and closes the pages it opened. */
async function scene(name, run) {
  if (!only.test(name)) return
  await report.check(name, async () => {
    const opened = []
    const visit = async (origin, path, options = {}) => {
      const page = await open(browser, path, { origin, ...options })
      opened.push(page)
      return page
    }
    try {
      await run(visit, name.replaceAll(/\W+/g, '-'))
    } catch (error) {
      for (const [i, page] of opened.entries()) await shot(page, `broken-${name.replaceAll(/\W+/g, '-')}-${i}`).catch(() => undefined)
      throw error
    } finally {
      for (const page of opened) await page.context().close()
    }
  })
}

/** told waits for a cause on a page, checks that it is explained, and takes its picture. */
async function told(page, code, name, { clean = true } = {}) {
  await stat(page, code, ({ problem }) => problem === code)
  const box = page.locator('.notice, .overlay').first()
  await box.waitFor()
  const text = await box.innerText()
  expect(`a sentence of two parts, not ${JSON.stringify(text)}`, text.length > 30)
  expect('at most one button', (await box.locator('button').count()) <= 1)
  expect('no raw error', !/Exception|Error\b|\b[45]\d\d\b/.test(text))
  await shot(page, `failure-${name}`)
  if (clean) await expectClean(page)
  return box
}

const playing = (page) => until(page, 'playing')
const live = (page) => until(page, 'live')

// What a browser does not have or does not allow. Each of these runs in the page before its scripts.
const refuse = ([name, message]) => {
  navigator.mediaDevices.getUserMedia = async () => {
    if (!window.allowed) throw new DOMException(message, name)
    return window.picture()
  }
  window.picture = () => {
    const canvas = document.createElement('canvas')
    canvas.getContext('2d').fillRect(0, 0, 9, 9)
    return canvas.captureStream(5)
  }
}
const relayOnly = () => {
  const Real = RTCPeerConnection
  window.RTCPeerConnection = class extends Real {
    constructor(configuration) {
      super({ ...configuration, ...(!window.networkIsBack && { iceTransportPolicy: 'relay' }) })
    }
  }
}
const keepPeers = () => {
  const Real = RTCPeerConnection
  window.peers = []
  window.RTCPeerConnection = class extends Real {
    constructor(configuration) {
      super(configuration)
      window.peers.push(this)
    }
  }
}
const noPictures = () => {
  const real = RTCPeerConnection.prototype.getStats
  RTCPeerConnection.prototype.getStats = async function () {
    const all = [...(await real.call(this))].map(([id, entry]) => [id, { ...entry, ...(entry.type === 'inbound-rtp' && { framesDecoded: 0, packetsReceived: 0 }) }])
    return new Map(all)
  }
}

const plain = await Lectern.start({ 'web.frame_ancestors': ['*'] })

for (const [name, code, button, message] of [
  ['NotAllowedError', 'capture_blocked', 'Try again', 'Permission denied'],
  ['NotAllowedError', 'system_blocked', 'Try again', 'Permission denied by system'],
  ['NotReadableError', 'device_busy', 'Try again', 'Could not start video source'],
  ['UnknownError', 'capture_failed', 'Try again', 'nobody knows'],
]) {
  await scene(`publish ${code}`, async (visit, shotName) => {
    const page = await visit(plain.url, '/publish/a', { before: refuse, argument: [name, message] })
    await page.getByRole('button', { name: 'Preview camera' }).click()
    const box = await told(page, code, shotName)
    await page.evaluate(() => (window.allowed = true))
    await box.getByRole('button', { name: button }).click()
    await page.locator('.preview video').waitFor()
    expect('nothing left of the failure', (await page.locator('.notice').count()) === 0)
  })
}

await scene('publish no_device', async (visit, name) => {
  const page = await visit(plain.url, '/publish/a', { before: refuse, argument: ['NotFoundError', 'Requested device not found'] })
  await page.getByRole('button', { name: 'Go live', exact: true }).click()
  const box = await told(page, 'no_device', name)
  await box.getByRole('button', { name: 'Use the test clock' }).click()
  await page.locator('.preview video').waitFor()
})

await scene('publish screen cancelled is silent', async (visit) => {
  const page = await visit(plain.url, '/publish/a?source=screen', {
    before: () => (navigator.mediaDevices.getDisplayMedia = async () => Promise.reject(new DOMException('Permission denied', 'NotAllowedError'))),
  })
  await page.getByRole('button', { name: 'Choose what to share' }).click()
  await page.getByRole('button', { name: 'Choose what to share' }).waitFor()
  expect('no notice', (await page.locator('.notice').count()) === 0)
})

await scene('publish capture_unsupported', async (visit, name) => {
  const page = await visit(plain.url, '/publish/a?source=screen', { before: () => delete MediaDevices.prototype.getDisplayMedia })
  await page.getByRole('button', { name: 'Choose what to share' }).click()
  await (await told(page, 'capture_unsupported', name)).getByRole('button').click()
  await page.locator('.preview video').waitFor()
})

await scene('publish device_lost and screen_ended', async (visit, name) => {
  const page = await visit(plain.url, '/publish/lost?source=camera&auto=1', {
    before: () => {
      for (const way of ['getUserMedia', 'getDisplayMedia']) {
        const real = navigator.mediaDevices[way].bind(navigator.mediaDevices)
        navigator.mediaDevices[way] = async (wanted) => (window.last = await real(wanted))
      }
    },
  })
  await live(page)
  await page.evaluate(() => window.last.getVideoTracks()[0].dispatchEvent(new Event('ended')))
  await (await told(page, 'device_lost', `${name}-device`)).getByRole('button').click()
  await page.locator('.preview video').waitFor()
  await page.locator('input[value=screen]').check()
  await stat(page, 'the screen', ({ captured }) => captured === 'screen')
  await page.evaluate(() => window.last.getVideoTracks()[0].dispatchEvent(new Event('ended')))
  await told(page, 'screen_ended', `${name}-screen`)
  expect('still live', (await page.evaluate(() => window.lectern.state)) === 'live')
})

await scene('publish both', async (visit, name) => {
  const page = await visit(plain.url, '/publish/both?source=both&auto=1')
  await live(page)
  await stat(page, 'a picture', ({ framesEncoded }) => framesEncoded > 20)
  await shot(page, `failure-${name}`)
})

await scene('publish without a session change', async (visit) => {
  const page = await visit(plain.url, '/publish/switch?source=camera&auto=1', { before: keepPeers })
  await live(page)
  for (const kind of ['clock', 'camera']) {
    await page.locator(`input[value=${kind}]`).check()
    await stat(page, kind, ({ captured }) => captured === kind)
  }
  await page.getByLabel('Quality').selectOption('low')
  await page.getByLabel('Microphone', { exact: true }).selectOption('none')
  const { framesEncoded: before } = await stat(page, 'a picture', () => true)
  await stat(page, 'the next picture', ({ framesEncoded }) => framesEncoded > before + 10)
  expect('one connection', (await page.evaluate(() => window.peers.length)) === 1)
  const rate = await page.evaluate(() => window.peers[0].getSenders().find(({ track }) => track?.kind === 'video').getParameters().encodings[0].maxBitrate)
  expect(`the rate of the preset, not ${rate}`, rate === 600_000)
})

await scene('publish capture_embedded', async (visit, name) => {
  const host = createServer((_, answer) => answer.setHeader('Content-Type', 'text/html').end(`<iframe src="${plain.url}/publish/a" width="1200" height="800"></iframe>`))
  await new Promise((resolve) => host.listen(0, resolve))
  const outer = await visit(`http://localhost:${host.address().port}`, '/')
  host.close()
  const inner = outer.frameLocator('iframe')
  await inner.getByRole('button', { name: 'Preview camera' }).click()
  await inner.getByText('The page that embeds us').waitFor()
  await shot(outer, `failure-${name}`)
})

await scene('publish codec_unsupported', async (visit, name) => {
  const page = await visit(plain.url, '/publish/a?source=clock&codec=video/nothing&auto=1')
  await (await told(page, 'codec_unsupported', name)).getByRole('button', { name: 'Choose automatically' }).click()
  await live(page)
})

for (const [where, before] of [['publish', () => delete window.RTCPeerConnection], ['watch', () => delete window.RTCPeerConnection]]) {
  await scene(`${where} unsupported_browser`, async (visit, name) => {
    const page = await visit(plain.url, where === 'publish' ? '/publish/a?source=clock&auto=1' : '/watch/a', { before })
    await told(page, 'unsupported_browser', name)
  })
  await scene(`${where} ice_failed`, async (visit, name) => {
    const page = await visit(plain.url, where === 'publish' ? '/publish/a?source=clock&auto=1' : '/watch/a', { before: relayOnly })
    const box = await told(page, 'ice_failed', name)
    await page.evaluate(() => (window.networkIsBack = true))
    await box.getByRole('button', { name: 'Try now' }).click()
    await until(page, 'live', 'waiting')
  })
  await scene(`${where} internal`, async (visit, name) => {
    const page = await visit(plain.url, where === 'publish' ? '/publish/a' : '/')
    await page.route(/\/wh[ie]p\//, (route) => route.fulfill({ status: 201, headers: { Location: '/whip/sessions/x' }, body: 'nonsense' }))
    if (where === 'watch') await page.goto(`${plain.url}/watch/a`)
    else await page.getByRole('button', { name: 'Go live', exact: true }).click()
    await told(page, 'internal', name)
  })
}

await scene('publish insecure_context', async (visit, name) => {
  const page = await visit(plain.other, '/publish/a')
  await (await told(page, 'insecure_context', name)).getByRole('button', { name: 'Use OBS instead' }).click()
  await page.getByText('Bearer token').waitFor()
  await shot(page, `failure-${name}-obs`)
})

await scene('publish unauthorized, invalid_token', async (visit, name) => {
  const page = await visit(plain.other, '/publish/a?source=clock')
  await page.getByRole('button', { name: 'Go live', exact: true }).click()
  await (await told(page, 'unauthorized', `${name}-1`)).getByRole('button', { name: 'Enter key' }).click()
  expect('the key field has the focus', await page.evaluate(() => document.activeElement.id === 'key'))
  await page.keyboard.type('wrong')
  await page.keyboard.press('Enter')
  await told(page, 'invalid_token', `${name}-2`)
  await page.locator('#key').fill(await plain.key())
  await page.getByRole('button', { name: 'Go live', exact: true }).click()
  await live(page)
})

await scene('publish replaced', async (visit, name) => {
  const pages = [await visit(plain.url, '/publish/twice?source=clock&auto=1'), await visit(plain.url, '/publish/twice?source=clock&auto=1')]
  const loser = await Promise.any(pages.map((page) => until(page, 'ended').then(() => page)))
  await told(loser, 'replaced', name)
})

await scene('watch states', async (visit, name) => {
  const viewer = await visit(plain.url, '/watch/flow')
  await viewer.getByText('is not live yet').waitFor()
  const sender = await visit(plain.url, '/publish/flow?source=clock&auto=1', { before: keepPeers })
  await playing(viewer)
  const sends = (on) => sender.evaluate(async (on) => {
    const video = window.peers[0].getSenders().find(({ track }) => track?.kind === 'video') ?? window.sender
    window.sender = video
    window.track ??= video.track
    await video.replaceTrack(on ? window.track : null)
    const audio = window.peers[0].getSenders().find(({ track }) => track?.kind === 'audio')
    if (audio) audio.track.enabled = on
  }, on)
  await sends(false)
  await until(viewer, 'stalled')
  await shot(viewer, `failure-${name}-stalled`)
  await sends(true)
  await playing(viewer)
  await sender.getByRole('button', { name: 'End', exact: true }).click()
  await viewer.getByText('was interrupted').waitFor()
  await shot(viewer, `failure-${name}-interrupted`)
  await sender.getByRole('button', { name: 'Go live', exact: true }).click()
  await playing(viewer)
  expect('one session through all of it', (await viewer.evaluate(() => window.lectern.sessions)) === 1)
})

await scene('watch no_media', async (visit, name) => {
  const sender = await visit(plain.url, '/publish/dark?source=clock&auto=1')
  await live(sender)
  await told(await visit(plain.url, '/watch/dark', { before: noPictures }), 'no_media', name)
})

await plain.end()

const strict = await Lectern.start({
  'auth.watch': 'key',
  'auth.keys': [
    { key: 'key-of-a', stream: ['live/a'], can: ['publish', 'watch'], sub: 'a' },
    { key: 'key-of-both', stream: ['live/a', 'live/b'], can: ['publish', 'watch'], sub: 'both' },
  ],
})

await scene('publish forbidden', async (visit, name) => {
  const page = await visit(strict.other, '/publish/b?source=clock&auto=1#k=key-of-a')
  await page.getByRole('button', { name: 'Go live', exact: true }).click()
  await told(page, 'forbidden', name)
})

await scene('publish conflict', async (visit, name) => {
  await live(await visit(strict.other, '/publish/a?source=clock&auto=1#k=key-of-a'))
  const page = await visit(strict.other, '/publish/a?source=clock&auto=1#k=key-of-both')
  await (await told(page, 'conflict', name)).getByRole('button', { name: 'Use another name' }).click()
  expect('the name has the focus', await page.evaluate(() => document.activeElement.id === 'name'))
})

await scene('watch unauthorized, invalid_token, forbidden', async (visit, name) => {
  const page = await visit(strict.other, '/watch/b')
  await told(page, 'unauthorized', `${name}-1`)
  const enter = async (key) => {
    await page.getByLabel('Key').fill(key)
    await page.keyboard.press('Enter')
  }
  await enter('wrong')
  await told(page, 'invalid_token', `${name}-2`)
  await enter('key-of-a')
  await told(page, 'forbidden', `${name}-3`)
  await enter('key-of-both')
  await until(page, 'waiting')
})
await strict.end()

const slow = await Lectern.start({ 'limits.publish_rate': '1/s burst 1', 'limits.join_rate': '1/s burst 1', 'watch.require_live': true })
for (const [where, path] of [['publish', '/publish/a?source=clock&auto=1'], ['watch', '/watch/a']]) {
  await scene(`${where} rate_limited`, async (visit, name) => {
    const page = await visit(slow.other, '/')
    const [endpoint, key] = [where === 'publish' ? '/whip/a' : '/whep/a', await slow.key()]
    let on = true
    const flood = (async () => {
      while (on) await fetch(slow.other + endpoint, { method: 'POST', body: 'v=0', headers: { 'Content-Type': 'application/sdp', Authorization: `Bearer ${key}` } }).catch(() => undefined)
    })()
    try {
      await page.goto(`${slow.other}${path}#k=${key}`)
      await told(page, 'rate_limited', name)
    } finally {
      on = false
      await flood
    }
  })
}
await scene('watch offline starts by itself', async (visit, name) => {
  const viewer = await visit(slow.url, '/watch/later')
  await until(viewer, 'offline')
  await viewer.getByText('starts by itself').waitFor()
  await shot(viewer, `failure-${name}`)
  const sender = await visit(slow.url, '/publish/later?source=clock&auto=1')
  await playing(viewer)
  await live(sender)
})
await slow.end()

const mortal = await Lectern.start({ drain: '20s' })
for (const seconds of [3, 20]) {
  await scene(`server gone for ${seconds} s`, async (visit, name) => {
    const home = await visit(mortal.url, '/')
    const sender = await visit(mortal.url, '/publish/mortal?source=clock&auto=1')
    await live(sender)
    const viewer = await visit(mortal.url, '/watch/mortal')
    await playing(viewer)
    await mortal.down()
    const back = new Promise((resolve) => setTimeout(resolve, seconds * 1000)).then(() => mortal.up())
    try {
      if (seconds > 10) {
        await told(viewer, 'unavailable', `${name}-watch`)
        await told(sender, 'unavailable', `${name}-publish`)
        await home.locator('.notice').waitFor()
        await shot(home, `failure-${name}-home`)
      }
    } finally {
      await back // the next scene needs it
    }
    const since = Date.now()
    await viewer.waitForFunction(() => window.lectern.sessions > 1 && window.lectern.state === 'playing', undefined, { timeout: 45_000 })
    await live(sender)
    await home.locator('.stream .dot.live').waitFor()
    expect('no notice left', (await home.locator('.notice').count()) === 0)
    report.note(`playing again ${((Date.now() - since) / 1000).toFixed(1)} s after the server was back`)
  })
}
await scene('draining', async (visit, name) => {
  await live(await visit(mortal.url, '/publish/first?source=clock&auto=1'))
  const viewer = await visit(mortal.url, '/')
  const sender = await visit(mortal.url, '/publish/second?source=clock')
  mortal.term()
  await sender.getByRole('button', { name: 'Go live', exact: true }).click()
  await told(sender, 'draining', `${name}-publish`)
  await viewer.goto(`${mortal.url}/watch/first`)
  await told(viewer, 'draining', `${name}-watch`)
})
await mortal.end()

expect('an address besides loopback', elsewhere !== undefined)
await browser.close()
report.end()
