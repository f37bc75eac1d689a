import { expect, test } from 'vitest'
import { browserOf } from './sessions'

test.each([
  ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/142.0.0.0 Safari/537.36', 'Chrome 142'],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0', 'Firefox 153'],
  ['Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15', 'Safari 18'],
  ['Mozilla/5.0 (compatible; OBS-Studio/32.0.1; Windows x86_64)', 'OBS 32.0.1'],
  ['LMAC/09.0.124', 'LMAC/09.0.124'],
  [undefined, ''],
])('%s is %s', (agent, name) => expect(browserOf(agent)).toBe(name))
