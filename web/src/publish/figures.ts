// Once a second: what is being sent, in numbers and in words.
import { signal } from '@preact/signals'
import type { Sent, SentLayer } from '../lib/sent'
import { canLower, cause, changedAt, current, muted, simulcast, source, state, taken, viewers } from './studio'

/** How long a browser takes to find out what the network carries; what limits it until then is no news. */
const rampUp = 12_000
/** For how many seconds a limit must hold before it is told, or not hold before it is forgotten. */
const patience = 4
/** Seconds of history. */
const kept = 60

export type Limit = 'bandwidth' | 'cpu'

export interface Figures extends Sent {
  /** Bits per second, in all and by layer. */
  bps: number
  rates: (SentLayer & { bps: number })[]
}

export const now = signal(Date.now())
/** The last reading; undefined when nothing is being sent. */
export const figures = signal<Figures | undefined>(undefined)
/** Bits per second of the last minute. */
export const history = signal<number[]>([])
export const limit = signal<Limit | undefined>(undefined)

let before: { sent: Sent; at: number } | undefined
let held = 0
let holding: string = 'none'

async function look(): Promise<void> {
  now.value = Date.now()
  const sent = state.value === 'live' ? await current()?.stats().catch(() => undefined) : undefined
  if (!sent) {
    figures.value = before = limit.value = undefined
    if (state.value !== 'reconnecting') history.value = []
    return
  }
  const at = performance.now()
  const rate = (bytes: number, earlier = bytes) => (before && bytes >= earlier ? ((bytes - earlier) * 8000) / (at - before.at) : 0)
  const rates = sent.layers.map((layer) => ({ ...layer, bps: rate(layer.bytes, before?.sent.layers.find(({ rid }) => rid === layer.rid)?.bytes) }))
  figures.value = { ...sent, bps: rate(sent.bytes, before?.sent.bytes), rates }
  if (before) history.value = [...history.value, figures.value.bps].slice(-kept)
  before = { sent, at }
  judge(sent.limit)
}

/** judge tells a limit only when it lasts. */
function judge(reason: string): void {
  held = reason === holding ? held + 1 : 1
  holding = reason
  if (held < patience) return
  const settled = Date.now() - changedAt.value > rampUp
  limit.value = settled && (reason === 'bandwidth' || reason === 'cpu') ? reason : undefined
}

/** stats is what tests and people who report a problem get to see. */
export async function stats() {
  const sent: Partial<Sent> = (await current()?.stats().catch(() => undefined)) ?? {}
  return {
    state: state.value,
    problem: cause.value ?? null,
    connectionState: current()?.pc?.connectionState ?? 'new',
    source: source.value,
    captured: taken.value?.kind ?? null,
    simulcast: simulcast.value,
    muted: muted.value,
    viewers: viewers.value ?? null,
    canLower: canLower.value,
    ...{ codec: '', framesEncoded: 0, width: 0, height: 0, fps: 0, bytes: 0, rtt: 0, limit: 'none', lost: 0, layers: [] },
    ...sent,
  }
}

Object.defineProperty(window, 'lectern', {
  value: {
    get state() {
      return state.value
    },
    stats,
  },
})

setInterval(() => void look(), 1000)
