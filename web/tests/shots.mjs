// Pictures of the pages' main states, on a desk and on a phone, light and dark, in both languages, and axe on each.
//
//     LECTERN_URL=http://127.0.0.1:8080 SHOTS_DIR=/tmp/shots npm run shots
//
// The server must let this machine publish without a key, and should be empty.
import { mkdir } from 'node:fs/promises'
import { createServer } from 'node:http'
import { expect, expectClean, folder, heard, launch, open, Report, server, shot, stat, until } from './browser.mjs'

const looks = [
  { name: 'desktop-light' },
  { name: 'desktop-dark-zh', dark: true, theme: 'dark', language: 'zh-CN' },
  { name: 'phone-light-zh', small: true, language: 'zh-CN', theme: 'light' },
  { name: 'phone-dark', small: true, dark: true },
]

/** SHOTS_ONLY picks some of them: a regular expression on their names. */
const only = new RegExp(process.env.SHOTS_ONLY ?? '')

const report = new Report()
await mkdir(folder, { recursive: true })
const browser = await launch('--autoplay-policy=no-user-gesture-required')
const quiet = await launch('--autoplay-policy=user-gesture-required') // sound needs a click in it

/** wanted gives the looks in which a page is to be visited. */
const wanted = (name) => looks.filter((look) => only.test(`${name}-${look.name}`))

/** each visits a page once for every look: two at a time, as most of it is waiting, or one where they would get into each other's way. */
async function each(name, path, act = async () => {}, { from = browser, before, answers, alone = false } = {}) {
  const visit = (look) =>
    report.check(`${name}, ${look.name}`, async () => {
      const page = await open(from, path, { ...look, before, answers })
      try {
        await act(page, look)
        await page.locator('main > *').first().waitFor()
        await shot(page, `${name}-${look.name}`)
        await expectClean(page)
      } finally {
        await page.context().close()
      }
    })
  const left = wanted(name)
  while (left.length > 0) await Promise.all(left.splice(0, alone ? 1 : 2).map(visit))
}

const tab = (id) => (page) => page.locator(`#way-${id}`).click()

/** numbers waits for what is read once a second to have been read. */
const numbers = (page, where, pattern) => page.locator(where).filter({ hasText: pattern }).first().waitFor()

/** press opens a dialog by its key. */
const press = (key) => async (page) => {
  await page.locator('main > *').first().waitFor()
  await page.keyboard.press(key)
  await page.locator('dialog[open] h2').waitFor()
}

await each('home-empty', '/', (page) => page.locator('.none').waitFor())
await each('publish-idle', '/publish')
await each('watch-waiting', '/watch/nobody', (page) => until(page, 'waiting', 'offline'))
await each('home-help', '/', press('?'))
for (const way of ['obs', 'ffmpeg', 'phone']) await each(`home-${way}`, '/', tab(way))
await each('publish-clock', '/publish/again?source=clock', (page) => page.locator('.preview video').waitFor())
await each('publish-advanced', '/publish', (page) => page.locator('summary').click())

// What an encoder sends by RTMP, as the server tells it.
const tracks = [{ kind: 'audio', codec: 'audio/opus', bps: 96_000 }, { kind: 'video', codec: 'video/H264', width: 1920, height: 1080, bps: 4_100_000 }]
const good = {
  protocol: 'rtmp',
  encoder: 'Lavf60.16.100',
  video: { codec: 'video/H264', profile: 'Constrained Baseline', level: '4.0', width: 1920, height: 1080, fps: 30, key_frame_interval: 1, b_frames: 0, dropped: 0 },
  audio: { codec: 'AAC-LC', sample_rate: 48_000, channels: 2, output: 'Opus', transcoder: 'built-in' },
}
const bFrames = {
  protocol: 'rtmp',
  encoder: 'obs-output module (libobs version 31.0.2)',
  video: { ...good.video, profile: 'High', fps: 60, key_frame_interval: 8.33, b_frames: 2, b_frame_policy: 'drop', dropped: 1204 },
  audio: { ...good.audio, sample_rate: 44_100 },
  problems: [
    { code: 'b_frames', grave: false, text: 'There are B-frames.', fix: 'Set them to 0.' },
    { code: 'key_frame_interval', grave: false, text: 'Key frames are rare.', fix: 'Send more.' },
  ],
}
const mute = { ...good, audio: { codec: 'HE-AAC 5.1', sample_rate: 48_000, channels: 6 }, problems: [{ code: 'audio_transcoder_missing', grave: true, text: 'No FFmpeg.', fix: 'Install it.' }] }
const sent = (path, publisher) => ({ app: path.split('/')[0], name: path, state: 'live', since: new Date(Date.now() - 75_000).toISOString(), viewers: 4, tracks: publisher === mute ? tracks.slice(1) : tracks, publisher })

const withRTMP = { '/api/v1/info': { name: 'Lectern', version: '', https: false, publish: { key_needed: false }, demo: '', rtmp: 1935 } }
const byRTMP = () => localStorage.setItem('lectern.by', 'rtmp')
const checked = (path) => async (page) => {
  await page.locator(path).first().waitFor()
  await page.locator('.check').scrollIntoViewIfNeeded()
}
await each('publish-rtmp', '/publish/obs?with=obs', checked('.check .dot'), { before: byRTMP, answers: withRTMP })
await each('publish-rtmp-check', '/publish/obs?with=obs', checked('.trouble'), { before: byRTMP, answers: { ...withRTMP, '/api/v1/streams/obs': sent('live/obs', bFrames) } })
await each('publish-ffmpeg', '/publish/studio/one?with=ffmpeg', checked('.mark.good'), { before: byRTMP, answers: { ...withRTMP, '/api/v1/streams/studio/one': sent('studio/one', good) } })
await each('publish-mute', '/publish/obs?with=ffmpeg', checked('.trouble.grave'), { before: byRTMP, answers: { ...withRTMP, '/api/v1/streams/obs': sent('live/obs', mute) } })
await each('home-rtmp', '/', (page) => page.locator('.stream .dot.warn').nth(1).waitFor(), {
  answers: { '/api/v1/streams': { streams: [sent('live/cam1', bFrames), sent('live/cam2', mute), sent('studio/one', good)] } },
})

// From here on there is something to see. What is only passed through is small; a few pictures alone are to be shown around.
const modest = process.env.SHOTS_ONLY ? '' : '&preset=low&simulcast=1'
const camera = await open(browser, '/publish/camera?source=camera&preset=low&auto=1', { small: true })
const clock = await open(browser, `/publish/studio/clock?source=clock&auto=1${modest}`, { small: true })
await Promise.all([until(camera, 'live'), until(clock, 'live')])

await each('home-live', '/', async (page) => {
  await page.locator('.stream .facts').filter({ hasText: /All is well|一切正常/ }).nth(1).waitFor()
  await page.locator('.thumbnail.shown').nth(1).waitFor()
})
await each('publish-live', '/publish/again?source=camera&simulcast=1&auto=1', async (page) => {
  await until(page, 'live')
  await numbers(page, '.stats', /[1-9]\d* kb|Mb/)
  await page.locator('.layers li').nth(2).waitFor()
  await page.waitForFunction(() => document.querySelector('.sparkline polyline').points.length > 4)
}, { alone: true })
await each('publish-diagnostics', '/publish/again?source=clock&preset=low&auto=1', async (page) => {
  await until(page, 'live')
  await press('Shift+D')(page)
  await numbers(page, 'dialog dd', /UDP .* → /)
  await numbers(page, 'dialog dd', /[1-9]\d* kb|Mb/)
}, { alone: true })
await each('publish-obs', '/publish/camera', tab('obs'))
const playing = async (page) => {
  await until(page, 'playing')
  await numbers(page, '.bar .numbers', / × /)
  await page.locator('.top button.badge, .top output').waitFor()
}
await each('watch-playing', '/watch/studio/clock', playing)
await each('watch-sound', '/watch/studio/clock', async (page) => {
  await heard(page, 'pill')
  await playing(page)
  expect('the pill is there', await page.locator('.pill').isVisible())
}, {
  from: quiet,
  before: () => new MutationObserver(() => document.querySelector('.pill') && console.info('pill')).observe(document, { childList: true, subtree: true }),
})
await each('watch-measure', '/watch/studio/clock?measure=1&stats=1', async (page) => {
  await playing(page)
  await stat(page, 'a live picture', ({ latency, fps }) => latency?.last < 500 && fps < 70, 60_000)
  if (!modest) await stat(page, 'a picture at its best', ({ latency, width }) => latency.max < 1000 && width === 1280, 60_000)
  await numbers(page, '.details dd', /[1-9]\d* kb|Mb/)
})
await each('watch-quality', '/watch/studio/clock', async (page) => {
  await playing(page)
  await press('q')(page)
  if (modest) await page.locator('[role=menuitemradio]').nth(4).waitFor()
})
await each('watch-help', '/watch/studio/clock', async (page) => {
  await playing(page)
  await press('?')(page)
})
await each('watch-diagnostics', '/watch/studio/clock', async (page) => {
  await playing(page)
  await press('Shift+D')(page)
  await numbers(page, 'dialog dd', /UDP .* → /)
  await numbers(page, 'dialog dd', /[1-9]\d* kb|Mb/)
})
await each('watch-paused', '/watch/studio/clock', async (page) => {
  await playing(page)
  await page.keyboard.press('k')
  await page.locator('.overlay').waitFor()
})
await each('watch-embed', '/watch/studio/clock?embed=1&muted', async (page) => {
  await until(page, 'playing')
  await page.locator('.top button.badge').waitFor()
})

if (wanted('watch-silent').length > 0) {
  const silent = await open(browser, '/publish/silent?source=camera&preset=low&auto=1', {
    small: true,
    before: () => {
      const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
      navigator.mediaDevices.getUserMedia = ({ video }) => real({ video })
    },
  })
  await until(silent, 'live')
  await each('watch-silent', '/watch/silent', async (page) => {
    await until(page, 'playing')
    await page.locator('.top [role=status]').waitFor()
  }, { answers: { '/api/v1/streams/silent': sent('live/silent', mute) } })
  await silent.context().close()
}

/** elsewhere serves one page from an origin that is not the server's. */
async function elsewhere(body) {
  const host = createServer((_, answer) => answer.setHeader('Content-Type', 'text/html').end(body))
  await new Promise((resolve) => host.listen(0, resolve))
  return { url: `http://localhost:${host.address().port}`, close: () => host.close() }
}

const player = `<!doctype html><html lang="en"><title>Elsewhere</title><meta http-equiv="Content-Security-Policy" content="style-src 'none'">
<main><h1>Elsewhere</h1><script type="module" src="${server}/player.js"></script>`

for (const look of wanted('player')) {
  await report.check(`the player on another site, ${look.name}`, async () => {
    const site = await elsewhere(`${player}<lectern-player src="${server}/whep/studio/clock" controls></lectern-player><lectern-player src="${server}/whep/nobody" muted></lectern-player></main>`)
    const page = await open(browser, '/', { ...look, origin: site.url })
    try {
      await page.waitForFunction(() => {
        const [one, two] = document.querySelectorAll('lectern-player')
        return one.state === 'playing' && two.state === 'waiting'
      })
      const pill = page.locator('lectern-player').first().locator('.pill')
      if (await pill.isVisible()) await pill.click()
      expect('sound after a click', await page.evaluate(() => !document.querySelector('lectern-player').shadowRoot.querySelector('video').muted))
      await shot(page, `player-${look.name}`)
      await expectClean(page)
    } finally {
      await page.context().close()
      site.close()
    }
  })
}

if (only.test('thumbnails')) {
  await report.check('thumbnails are what is live', async () => {
    const page = await open(browser, '/')
    await page.locator('.thumbnail.shown').nth(1).waitFor({ timeout: 15_000 })
    const colours = await page.evaluate(() => [...document.querySelectorAll('.thumbnail.shown canvas')].map((canvas) => new Set(canvas.getContext('2d').getImageData(0, 0, 480, 270).data).size))
    expect(`pictures, not ${colours}`, colours.every((n) => n > 4))
    await page.context().close()
  })
}

await Promise.all([browser.close(), quiet.close()])
report.end()
