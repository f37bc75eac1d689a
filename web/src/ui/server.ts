// What the server says about itself, and what this page can tell without asking.
import { signal } from '@preact/signals'
import { getInfo, type Info } from '../lib/streams'

/** The host of this page means the machine it is shown on. */
export const local = /^(localhost|127(\.\d+){3}|\[::1\]|.*\.localhost)$/.test(location.hostname)

/** A guess until the server has answered, and with servers that do not. */
export const info = signal<Info>({ version: '', publish: { key_needed: !local }, https: location.protocol === 'https:', demo: '' })

void getInfo().then(
  (answer) => (info.value = answer),
  () => undefined,
)
