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
