// The streams that are there, kept up to date by the server's events.
import { signal } from '@preact/signals'
import { watchStreams } from '../lib/events'
import { pathOf, short } from '../lib/names'
import { listStreams, type Stream } from '../lib/streams'
import { takeKey } from '../ui/address'
import { settles, settling } from './health'

/** Live ones first; undefined until the server has answered once. */
export const streams = signal<Stream[] | undefined>(undefined)
/** When the server said so, on this machine's clock. */
export const fetchedAt = signal(0)
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
      fetchedAt.value = Date.now()
      streams.value = all.sort((a, b) => Number(b.state === 'live') - Number(a.state === 'live') || pathOf(a).localeCompare(pathOf(b)))
      stale.value = false
      if (all.some((stream) => settles(stream, fetchedAt.value))) lookSoon()
    } catch {
      stale.value = true
    }
  }
  fetching = false
}

let soon: ReturnType<typeof setTimeout> | undefined

/** lookSoon asks again when there is something to say about what has only just begun. */
function lookSoon(): void {
  clearTimeout(soon)
  soon = setTimeout(() => void refresh(), settling)
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
