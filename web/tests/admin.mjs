// The owner's page: he logs in, sees a stream, kicks it, makes a key and takes it back; and each part of the page, with
// axe on each and a picture.
//
//     LECTERN_URL=http://127.0.0.1:8080 LECTERN_KEY=lk_… SHOTS_DIR=/tmp/shots node tests/admin.mjs
//
// ADMIN_LOOKS=all shows it on a desk and on a phone, light and dark, in both languages; otherwise on two of them.
import { mkdir } from 'node:fs/promises'
import { audit, expect, expectClean, folder, launch, open, Report, server, shot, until } from './browser.mjs'

const key = process.env.LECTERN_KEY
const looks = [
  { name: 'desktop-light' },
  { name: 'phone-dark', small: true, dark: true },
  { name: 'desktop-dark-zh', dark: true, language: 'zh-CN' },
  { name: 'phone-light', small: true },
].slice(0, process.env.ADMIN_LOOKS === 'all' ? 4 : 2)
const parts = ['overview', 'streams', 'rooms', 'access', 'doctor', 'logs', 'config']

const report = new Report()
await mkdir(folder, { recursive: true })
const browser = await launch('--autoplay-policy=no-user-gesture-required')

const publisher = await open(browser, '/publish/clock?source=clock&auto=1&preset=low&simulcast=1', { small: true })
await until(publisher, 'live')

const page = await open(browser, '/admin')
const part = (name) => page.locator(`#part-${name}`).click()
const row = (text) => page.locator('tr').filter({ hasText: text })

await report.check('a wrong key is refused, in words', async () => {
  await page.locator('#key').fill('wrong')
  await page.keyboard.press('Enter')
  await page.getByText('This key is not valid').waitFor()
  await shot(page, 'admin-login')
  await expectClean(page)
})

await report.check('the owner logs in, and stays so when the page is loaded again', async () => {
  await page.locator('#key').fill(key)
  await page.keyboard.press('Enter')
  await page.locator('#part-overview').waitFor()
  await page.reload()
  await page.locator('#part-overview').waitFor()
  const cookies = await page.context().cookies()
  expect('a cookie that scripts cannot read', cookies.some(({ name, httpOnly, sameSite }) => name === 'lectern_admin' && httpOnly && sameSite === 'Strict'))
  expect('nothing of the key is kept', !(await page.evaluate((key) => JSON.stringify({ ...localStorage, ...sessionStorage }) + document.cookie + location.href + document.documentElement.outerHTML, key)).includes(key))
})

await report.check('a live stream is seen, asked for a key frame, and kicked', async () => {
  await part('streams')
  await row('clock').filter({ hasText: 'WHIP' }).getByRole('button').click()
  await page.locator('dialog .rows tbody tr').first().waitFor()
  await page.getByRole('button', { name: 'Request a key frame' }).click()
  await page.getByText('The publisher was asked').waitFor()
  await shot(page, 'admin-stream')
  await expectClean(page)
  await page.getByRole('button', { name: 'Kick the publisher' }).click()
  await page.getByText('is sent away. He may come back').waitFor()
  await page.locator('dialog details summary').last().click()
  expect('the call as curl', (await page.locator('dialog .curl pre').last().textContent()).includes('curl -X DELETE'))
  await shot(page, 'admin-kick')
  await page.locator('dialog').last().getByRole('button', { name: 'Kick', exact: true }).click()
  await publisher.waitForFunction(() => window.lectern.state !== 'live')
  await page.locator('dialog').nth(1).waitFor({ state: 'detached' })
  await page.keyboard.press('Escape')
  await page.locator('dialog').waitFor({ state: 'detached' })
})

await report.check('a key is made, shown once, and revoked', async () => {
  await part('access')
  await page.getByRole('button', { name: 'New key' }).click()
  await page.locator('#key-name').fill('camera 7')
  await page.locator('#key-streams').fill('live/cam7')
  await expectClean(page)
  await page.getByRole('button', { name: 'Make the key' }).click()
  const secret = (await page.locator('[data-secret]').textContent()).trim()
  await shot(page, 'admin-secret')
  const ask = (token) => page.request.post(`${server}/api/v1/streams`, { headers: { Authorization: `Bearer ${token}` }, data: { name: 'cam7' } })
  expect('the key is one', secret.startsWith('lk_') && (await ask(secret)).ok())
  await page.keyboard.press('Escape')
  await page.locator('[data-secret]').waitFor({ state: 'detached' })
  await row('camera 7').waitFor()
  expect('its secret is gone from the page', !(await page.content()).includes(secret))
  await page.getByRole('button', { name: 'Revoke camera 7' }).click()
  await page.locator('dialog').getByRole('button', { name: 'Revoke', exact: true }).click()
  await page.locator('dialog').waitFor({ state: 'detached' })
  await row('camera 7').waitFor({ state: 'detached' })
  const left = await page.request.get(`${server}/api/v1/keys`, { headers: { Authorization: `Bearer ${secret}` } })
  expect('the key is no good any more', left.status() === 401)
})

/** An hour of a server that is used, as it tells it. */
function anHour() {
  const steps = 720
  const end = Math.floor(Date.now() / 1000)
  const column = (value) => Array.from({ length: steps }, (_, i) => Math.round(value(i / steps) * 100) / 100)
  const noise = (x) => Math.sin(x * 91) * Math.cos(x * 37)
  return {
    step_seconds: 5,
    at: Array.from({ length: steps }, (_, i) => end - (steps - 1 - i) * 5),
    columns: {
      in_bps: column((x) => 4.2e6 + 8e5 * noise(x)),
      out_bps: column((x) => (x < 0.2 ? 0 : 9e7 * Math.min(1, (x - 0.2) * 2) * (1 + 0.06 * noise(x)))),
      streams: column((x) => (x < 0.1 ? 0 : 2)),
      viewers: column((x) => (x < 0.2 ? 0 : Math.round(24 * Math.min(1, (x - 0.2) * 2)))),
      rooms: column((x) => (x < 0.5 ? 0 : 1)),
      people: column((x) => (x < 0.5 ? 0 : Math.round(60 * Math.min(1, (x - 0.5) * 4)))),
      cpu_percent: column((x) => 4 + 38 * Math.max(0, x - 0.2) + 3 * noise(x)),
      memory_bytes: column((x) => (48 + 60 * x + 6 * noise(x * 3)) * 2 ** 20),
      goroutines: column((x) => 60 + Math.round(600 * x)),
      packets_in: column(() => 2000),
      packets_missing: column((x) => (x > 0.6 && x < 0.7 ? 60 : 2)),
      packets_recovered: column((x) => (x > 0.6 && x < 0.7 ? 30 : 2)),
      packets_out: column((x) => (x < 0.2 ? 0 : 48_000)),
      packets_nacked: column((x) => (x < 0.2 ? 0 : 200 + 150 * noise(x))),
      'failed.no_connection': column((x) => (x > 0.5 && x < 0.52 ? 1 : 0)),
      'failed.invalid_token': column((x) => (x > 0.3 && x < 0.31 ? 2 : 0)),
      'limit.join_rate': column((x) => (x > 0.5 && x < 0.51 ? 6 : 0)),
    },
  }
}

const ago = (seconds) => new Date(Date.now() - seconds * 1000).toISOString()
/** A server on which more has happened than can happen in a test. */
const busy = {
  '/api/v1/history': anHour(),
  '/api/v1/keys': {
    keys: [
      { id: 'kq3vx7m2aa', name: 'camera 1', stream: ['live/cam1'], can: ['publish'], made: ago(86_400 * 40), used: ago(90) },
      { id: 'k7t2mzz0pp', name: 'wall of the lobby, ground floor', stream: ['live/*', 'studio/*'], can: ['watch'], made: ago(86_400 * 3), expires: ago(-86_400 * 27) },
      { id: 'kaaaa11111', name: '', stream: null, can: ['admin'], made: ago(4000), used: ago(4) },
    ],
  },
  '/api/v1/denied': { denied: [{ jti: '01JD3QZK9V6T8Y1M4X7B2N5C0R', until: ago(-86_400) }, { jti: 'guest-7' }] },
  '/api/v1/webhooks/deliveries': {
    deliveries: [
      { id: 'd3', event: 'stream.live', about: 'live/cam1', target: 0, url: 'https://hooks.school.example/lectern', status: 'delivered', code: 204, tries: 1, took: 31, at: ago(12) },
      { id: 'd2', event: 'stream.ended', about: 'studio/one', target: 0, url: 'https://hooks.school.example/lectern', status: 'failed', code: 500, error: 'answered 500', tries: 3, took: 5000, at: ago(300) },
      { id: 'd1', event: 'room.begun', about: 'algebra', target: 1, url: 'http://10.0.0.9:9000/a/very/long/address/that/has/to/be/broken', status: 'waiting', tries: 0, took: 0, at: ago(2) },
    ],
  },
  '/api/v1/rooms': {
    rooms: [
      { name: 'algebra', title: 'Algebra 7b', state: 'live', locked: true, lobby: false, people: 58, seats: 6, auth: ['token', 'invite', 'password'] },
      { name: 'physics', title: 'physics', state: 'unattended', locked: false, lobby: true, people: 3, seats: 6, auth: ['token', 'invite'] },
      { name: 'empty', title: 'Empty', state: 'idle', locked: false, lobby: false, people: 0, seats: 6, auth: ['token', 'invite', 'guest'] },
    ],
  },
}

/** What each part must have shown before its picture is taken. */
const shown = {
  overview: async (page) => {
    await page.locator('.chart canvas').nth(5).waitFor()
    await page.waitForFunction(() => !document.querySelector('.chart strong')?.textContent.includes('–'))
  },
  doctor: (page) => page.locator('.checks li').nth(5).waitFor({ timeout: 60_000 }),
  logs: (page) => page.locator('.log p time').first().waitFor(),
  config: (page) => page.locator('.rows tbody tr').nth(20).waitFor(),
  rooms: (page) => page.getByText('Algebra 7b').first().waitFor(),
  access: (page) => page.locator('.rows').nth(2).waitFor(),
}

await report.check('a link for somebody who cannot watch, and what his browser has found', async () => {
  await part('doctor')
  await page.locator('#check-name').fill('Ada')
  await page.getByRole('button', { name: 'Make a link' }).click()
  const link = (await page.locator('.curl[role=status] pre').textContent()).trim()
  const code = new URL(link).searchParams.get('c')
  await page.request.post(`${server}/api/v1/checks/${code}`, { data: { verdict: 'tcp', lines: [{ id: 'udp', level: 'fail', detail: 'blocked' }] } })
  await row('Ada').getByText('You can watch with some delay only').waitFor()
})

await report.check('a server that is away is told, and its coming back is noticed', async () => {
  await part('overview')
  await page.locator('.chart canvas').nth(5).waitFor()
  await page.context().setOffline(true)
  await page.getByText('What you see may be out of date.').waitFor()
  await shot(page, 'admin-offline')
  expect('axe finds nothing', (await audit(page)).length === 0)
  await page.context().setOffline(false)
  await page.getByRole('button', { name: 'Try now' }).click()
  await page.getByText('What you see may be out of date.').waitFor({ state: 'detached' })
})

await report.check('who is logged out by the server is told so, and may log in again', async () => {
  await page.context().clearCookies()
  await part('config')
  await page.getByText('You were logged out').waitFor()
  await page.locator('#key').fill(key)
  await page.keyboard.press('Enter')
  await page.locator('#part-config').waitFor()
})

await publisher.reload()
await until(publisher, 'live')
for (const look of looks) {
  await report.check(`every part, ${look.name}`, async () => {
    const page = await open(browser, `/admin#k=${encodeURIComponent(key)}`, { ...look, answers: busy })
    try {
      await page.locator('#part-overview').waitFor()
      expect('the key is not in the address', !page.url().includes('k='))
      const found = []
      for (const name of parts) {
        if (look.small || look.language) await page.locator(`#part-${name}`).click()
        else {
          // The keyboard alone leads from one part to the next.
          const chosen = page.locator('[role=tab][aria-selected=true]')
          await chosen.focus()
          while ((await chosen.getAttribute('id')) !== `part-${name}`) await page.keyboard.press('ArrowRight')
        }
        await (shown[name]?.(page) ?? page.locator('.panel h1').waitFor())
        if (name === 'streams') await page.locator('.rows tbody tr').first().waitFor()
        await shot(page, `admin-${name}-${look.name}`)
        found.push(...(await audit(page)).map((text) => `${name}: ${text}`))
      }
      found.push(...page.complaints.map((text) => `console: ${text}`))
      expect(found.join('\n') || 'clean', found.length === 0)
    } finally {
      await page.context().close()
    }
  })
}

await report.check('the owner logs out, and a page that is open elsewhere says so', async () => {
  await part('logs')
  await page.locator('.log p time').first().waitFor()
  await page.getByRole('button', { name: 'Log out' }).click()
  await page.locator('#key').waitFor()
  const status = await page.evaluate(() => fetch('/api/v1/keys').then(({ status }) => status))
  expect('nobody is logged in any more', status === 401)
})

await browser.close()
report.end()
