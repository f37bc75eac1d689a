// What /check says: where all is well, where UDP goes nowhere, where nothing gets through, and to whom it tells it.
import { createSocket } from 'node:dgram'
import { expect, expectClean, launch, open, Report, shot } from './browser.mjs'
import { Lectern } from './lectern.mjs'

const report = new Report()
const browser = await launch()
const server = await Lectern.start()
const silent = await swallowing()

/** swallowing is a UDP port at which everything arrives and nothing is answered. */
function swallowing() {
  const socket = createSocket('udp4')
  return new Promise((resolve) => socket.bind(0, '127.0.0.1', () => resolve(socket)))
}

const origin = server.url
const over = (page) => page.waitForFunction(() => window.lectern?.state === 'done', undefined, { timeout: 60_000 })
const found = (page) => page.evaluate(() => window.lectern.found)
const level = ({ lines }, id) => lines.find((line) => line.id === id)?.level

/** tried opens the page where network says what of it works, and gives what it finds. */
async function tried(path, options, network) {
  const page = await open(browser, '/icon.svg', { ...options, origin })
  if (network) await network(page)
  await page.goto(origin + path)
  await over(page)
  return { page, ...(await found(page)) }
}

/** withoutUDP is a network in which every datagram is lost: the server's UDP candidates lead to a port that is silent. */
const withoutUDP = (page) =>
  page.route('**/api/v1/check', async (route) => {
    const answer = await route.fetch()
    const body = (await answer.text()).replace(/(candidate:\S+ 1 udp \d+) \S+ \d+ /g, `$1 127.0.0.1 ${silent.address().port} `)
    await route.fulfill({ response: answer, body })
  })

/** check runs a check on what the page finds, and closes the page. */
const check = (name, [path, options, network], run) => async () =>
  report.check(name, async () => {
    const result = await tried(path, options, network)
    await run(result)
    await expectClean(result.page)
    await result.page.context().close()
  })

/** together runs checks at the same time: most of each is waiting. */
const together = (...checks) => Promise.all(checks.map((run) => run()))

const looks = { desktop: {}, 'desktop, dark': { dark: true }, 'phone, in Chinese': { small: true, language: 'zh-CN' }, 'phone, dark': { small: true, dark: true } }

await together(
  ...Object.entries(looks).map(([name, options]) =>
    check(`all is well, ${name}`, ['/check', options], async ({ page, verdict, lines }) => {
      expect(`ready and not ${verdict}: ${JSON.stringify(lines)}`, verdict === 'ready')
      expect('both ways work', level({ lines }, 'udp') === 'ok' && level({ lines }, 'tcp') === 'ok' && level({ lines }, 'flow') === 'ok')
      await shot(page, `check-${name.replaceAll(/, | /g, '-')}`)
    }),
  ),
)

const noCandidates = (page) =>
  page.route('**/api/v1/check', async (route) => {
    const answer = await route.fetch()
    await route.fulfill({ response: answer, body: (await answer.text()).replace(/a=candidate:[^\r\n]*\r\n/g, '') })
  })

await together(
  ...[false, true].map((small) =>
    check(`UDP goes nowhere: TCP it is, ${small ? 'phone' : 'desktop'}`, ['/check', { small, dark: small }, withoutUDP], async ({ page, verdict, lines }) => {
      expect(`TCP and not ${verdict}`, verdict === 'tcp' && level({ lines }, 'udp') === 'warn' && level({ lines }, 'tcp') === 'ok')
      await shot(page, small ? 'check-tcp-phone' : 'check-tcp')
    }),
  ),
  check('nothing gets through but pages', ['/check', { small: true }, noCandidates], async ({ page, verdict }) => {
    expect(`no media and not ${verdict}`, verdict === 'media')
    await shot(page, 'check-nothing-phone')
  }),
  check('a server that does not answer', ['/check', {}, (page) => page.route('**/api/v1/check', (route) => route.fulfill({ status: 503, body: '' }))], async ({ page, verdict }) => {
    expect(`the server and not ${verdict}`, verdict === 'server')
    page.complaints.length = 0 // the browser's own, about the status
  }),
)

const owner = { Authorization: `Bearer ${await server.key()}`, 'Content-Type': 'application/json' }
const made = await (await fetch(`${origin}/api/v1/checks`, { method: 'POST', headers: owner, body: '{"name":"7b"}' })).json()
const link = new URL(made.link)

await together(
  check('a WebSocket does not get through', ['/check', {}, (page) => page.routeWebSocket('**/api/v1/check/ws', (socket) => socket.close({ code: 1006 }))], async ({ page, verdict }) => {
    expect(`streams and not ${verdict}`, verdict === 'streams')
    await shot(page, 'check-streams')
  }),
  check('a link with a code tells its giver', [link.pathname + link.search, {}, withoutUDP], async ({ page }) => {
    await page.waitForFunction((code) => document.querySelector('main').innerText.includes(code), made.code)
    const { results } = await (await fetch(`${origin}/api/v1/checks/${made.code}`, { headers: owner })).json()
    expect('he reads what was found', results.length === 1 && results[0].verdict === 'tcp' && level(results[0], 'udp') === 'warn')
    await page.evaluate(() => document.querySelector('.actions').scrollIntoView())
    await shot(page, 'check-told')
  }),
  check('microphone and camera are opened by a button alone', ['/check', {}], async ({ page }) => {
    expect('nothing was opened', (await page.$('.trial video')) === null)
    await page.click('.trial button')
    await page.waitForFunction(() => document.querySelector('.trial video')?.videoWidth > 0)
    await shot(page, 'check-trial')
    await page.click('.trial button')
    await page.waitForFunction(() => !document.querySelector('.trial video'))
  }),
)

silent.close()
await browser.close()
await server.end()
report.end()
