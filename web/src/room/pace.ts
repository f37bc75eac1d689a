/** What has waited longer than this, ms, is not worth waiting for any more. */
const longest = 2500
const shortest = 50

/**
 * Pace lets things that come in batches go on one by one, spread over the time until the next batch is due. Things come in the
 * order in which they were put in; those that are more than most at once are let go at the end.
 */
export class Pace<T> {
  #waiting: T[] = []
  #timer: ReturnType<typeof setTimeout> | undefined
  #last = 0
  #gap = shortest
  #step = 0

  constructor(
    private readonly go: (one: T) => void,
    private readonly most: number,
  ) {}

  /** put takes a batch that has come now, ms. */
  put(batch: readonly T[], now = performance.now()): void {
    if (this.#last > 0) this.#gap = Math.min(longest, Math.max(shortest, now - this.#last))
    this.#last = now
    this.#waiting = [...this.#waiting, ...batch].slice(0, this.most)
    this.#step = this.#gap / Math.max(1, this.#waiting.length)
    this.#timer ??= setTimeout(() => this.#next(), 0)
  }

  /** clear forgets what waits. */
  clear(): void {
    this.#waiting = []
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #next(): void {
    const one = this.#waiting.shift()
    this.#timer = undefined
    if (one === undefined) return
    this.go(one)
    if (this.#waiting.length > 0) this.#timer = setTimeout(() => this.#next(), this.#step)
  }
}
