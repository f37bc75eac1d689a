// A picture of the owner's page as it is: LECTERN_URL, LECTERN_KEY and SHOTS_DIR say of which server, and where to.
import { launch, open, shot } from './browser.mjs'

const browser = await launch()
const page = await open(browser, `/admin#k=${process.env.LECTERN_KEY}`)
await page.locator('canvas').first().waitFor()
await shot(page, 'admin-desktop-light')
await browser.close()
