import type { Received } from './received'

/** How many of the last measurements count. */
const kept = 600

export interface LatencySummary {
  last: number
  p50: number
  max: number
  n: number
}

/** Latency sums up measured delays in milliseconds: the last, the median and the largest of the last 600; n counts them all. */
export class Latency {
  #last: number[] = []
  #n = 0

  add(ms: number): void {
    this.#n++
    this.#last.push(ms)
    if (this.#last.length > kept) this.#last.shift()
  }

  get summary(): LatencySummary | null {
    const sorted = this.#last.toSorted((a, b) => a - b)
    if (sorted.length === 0) return null
    return { last: this.#last.at(-1)!, p50: sorted[sorted.length >> 1]!, max: sorted.at(-1)!, n: this.#n }
  }
}

/**
 * DelayEstimate tells how far a player is behind the server, in milliseconds, from what its browser counts: the time
 * frames lately spent in the jitter buffer and in the decoder, and half the round trip. What the sender added is unknown.
 */
export class DelayEstimate {
  #before: Pick<Received, 'jitterBufferDelay' | 'jitterBufferEmitted' | 'decodeTime' | 'framesDecoded'> | undefined

  /** observe takes one reading; undefined when no frame has come since the last one. Counters that fall begin anew. */
  observe(now: Received): number | undefined {
    const before = this.#before
    this.#before = now
    const fresh = before === undefined || now.jitterBufferEmitted < before.jitterBufferEmitted
    const emitted = now.jitterBufferEmitted - (fresh ? 0 : before.jitterBufferEmitted)
    const decoded = now.framesDecoded - (fresh ? 0 : before.framesDecoded)
    if (emitted <= 0 || decoded <= 0) return undefined
    const buffered = (now.jitterBufferDelay - (fresh ? 0 : before.jitterBufferDelay)) / emitted
    const decoding = (now.decodeTime - (fresh ? 0 : before.decodeTime)) / decoded
    return Math.max(0, (buffered + decoding) * 1000 + now.rtt / 2)
  }
}
