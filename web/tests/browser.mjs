// The browser of these tests, and what every test of a page does.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

/** Where the pages are: LECTERN_URL is a running server. */
export const server = (process.env.LECTERN_URL ?? 'http://127.0.0.1:8080').replace(/\/$/, '')
/** Where the pictures go. */
export const folder = process.env.SHOTS_DIR ?? 'shots'

const desktop = { width: 1440, height: 900 }
const phone = { width: 390, height: 844 }
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What Chromium itself writes about answers and sounds that the page deals with. */
const expected = /^Failed to load resource|AudioContext was not allowed to start/

/** launch starts a Chromium with a camera and a microphone that are not there. */
export function launch(...more) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      '--auto-select-desktop-capture-source=Entire screen',
      '--disable-background-networking',
      '--disable-component-update',
      ...more,
    ],
  })
}

/**
 * open gives a page with what a visitor brings along. before is a function that runs in the page before its scripts, answers
 * are what the server is made to say, by path.
 */
export async function open(browser, path, { small = false, dark = false, language = 'en-US', origin = server, before, argument, theme, answers = {} } = {}) {
  const context = await browser.newContext({
    viewport: small ? phone : desktop,
    colorScheme: dark ? 'dark' : 'light',
    locale: language,
    isMobile: small,
    hasTouch: small,
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  page.complaints = []
  page.said = []
  page.on('pageerror', (error) => page.complaints.push(String(error)))
  page.on('console', (message) => page.said.push(message.text()))
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && !expected.test(message.text()) && page.complaints.push(message.text()))
  if (theme) await page.addInitScript((name) => localStorage.setItem('lectern.theme', name), theme)
  if (before) await page.addInitScript(before, argument)
  for (const [path, json] of Object.entries(answers)) await page.route((url) => url.pathname === path, (route) => route.fulfill({ json }))
  await page.goto(origin + path)
  return page
}

/** until waits for window.lectern to be in one of the states. */
export function until(page, ...states) {
  return page.waitForFunction((states) => states.includes(window.lectern?.state), states, { timeout: 30_000 })
}

/**
 * heard waits for a line on the console. Whatever looks into a page counts as a click there, after which browsers let it
 * play sound: who wants to see what they refuse must only listen.
 */
export async function heard(page, text) {
  if (!page.said.includes(text)) await page.waitForEvent('console', { predicate: (message) => message.text() === text })
}

/** stat waits until ok holds of what window.lectern.stats() says. */
export async function stat(page, what, ok, patience = 30_000) {
  for (const end = Date.now() + patience; ; ) {
    const now = await page.evaluate(() => window.lectern?.stats())
    if (now && ok(now)) return now
    if (Date.now() > end) throw new Error(`${what} does not come: ${JSON.stringify(now)}`)
    await page.waitForTimeout(100)
  }
}

/** shot takes the picture of a page. */
export function shot(page, name) {
  return page.screenshot({ path: join(folder, `${name}.png`) })
}

/** audit lists what axe finds serious or worse, and what sticks out of the window. */
export async function audit(page) {
  await page.evaluate(axe)
  return page.evaluate(async () => {
    const { violations } = await axe.run(document, { resultTypes: ['violations'], preload: false }) // styles are not fetched again: the server may be gone
    const found = violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical' || impact === 'moderate')
      .map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)
    const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth
    return wide > 0 ? [...found, `${wide} px too wide`] : found
  })
}

/** A check that takes longer, in seconds, says so. */
const slow = 10

/** report collects what went wrong and ends the process accordingly. */
export class Report {
  passed = 0
  failed = []

  async check(name, run) {
    const began = Date.now()
    try {
      await run()
      this.passed++
      const took = (Date.now() - began) / 1000
      if (took > slow) this.note(`${took.toFixed(1)} s`)
      console.log(`ok    ${name}`)
    } catch (error) {
      this.failed.push(name)
      console.log(`FAIL  ${name}: ${String(error?.message ?? error).split('\n').slice(0, 6).join('\n      ')}`)
    }
  }

  /** note says something about the check that is under way. */
  note(text) {
    console.log(`note  ${text}`)
  }

  end() {
    console.log(`${this.passed} passed, ${this.failed.length} failed`)
    process.exitCode = this.failed.length > 0 ? 1 : 0
  }
}

/** expect throws unless what holds. */
export function expect(what, holds) {
  if (!holds) throw new Error(`${what} does not hold`)
}

/** expectClean throws when a page had complaints, or axe has. */
export async function expectClean(page) {
  const found = [...(await audit(page)), ...page.complaints.map((text) => `console: ${text}`)]
  if (found.length > 0) throw new Error(found.join('\n'))
}
