// The streams that are there, kept up to date by the server's events.
import { signal } from '@preact/signals'
import { listStreams, pathOf, short, watchStreams, type Stream } from '../lib/streams'
import { takeKey } from '../ui/address'

/** Live ones first; undefined until the server has answered once. */
export const streams = signal<Stream[] | undefined>(undefined)
/** What is shown may be out of date. */
export const stale = signal(false)
export const now = signal(Date.now())

/** How often a server that does not answer is asked again. */
const again = 4000
/** How often sizes and rates are fetched, of which no event tells. */
const fresh = 5000

let fetching = false
let wanted = false

/** refresh fetches the list; asked for while it does, it fetches once more. */
async function refresh(): Promise<void> {
  wanted = true
  if (fetching) return
  fetching = true
  while (wanted) {
    wanted = false
    try {
      const all = await listStreams(takeKey() || undefined)
      streams.value = all.sort((a, b) => Number(b.state === 'live') - Number(a.state === 'live') || pathOf(a).localeCompare(pathOf(b)))
      stale.value = false
    } catch {
      stale.value = true
    }
  }
  fetching = false
}

function viewersChanged(stream: string, viewers: number): void {
  streams.value = streams.value?.map((known) => (pathOf(known) === short(stream) ? { ...known, viewers } : known))
}

/** begin fetches the list and follows its changes. */
export function begin(): void {
  void refresh()
  watchStreams(
    ({ type, stream, viewers }) => (type === 'stream.viewers' && viewers !== undefined ? viewersChanged(stream, viewers) : void refresh()),
    (up) => (up ? void refresh() : (stale.value = true)),
  )
  setInterval(() => (now.value = Date.now()), 1000)
  setInterval(() => stale.value && void refresh(), again)
  setInterval(() => !stale.value && !document.hidden && streams.value?.length && void refresh(), fresh)
}
