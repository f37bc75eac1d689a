// Brings a session newer tokens before the one that it has is over: it goes on without, but coming in anew needs one.

/** A newer token is asked for this long before the end, ms, or in the middle where that is sooner. */
const ahead = 30_000
/** When none could be had, it is asked for again after this, ms: while the present one is good, and later. */
const again = 5000
const late = 60_000
/** Timers take no more than this, ms. */
const longest = 2 ** 31 - 1

export interface RenewalOptions {
  /** Gives a newer token; undefined when there is none. */
  refresh: () => Promise<string | undefined>
  /** Says it to the server, and gives how long it is good, ms; undefined is for ever. */
  send: (token: string) => Promise<number | undefined>
}

/** Renewal asks for a newer token in time. It does nothing until it is told until when the present one is good. */
export class Renewal {
  #timer: ReturnType<typeof setTimeout> | undefined
  #ends = 0

  constructor(private readonly options: RenewalOptions) {}

  /** until says how long the present token is good, ms; undefined is for ever. */
  until(ms: number | undefined): void {
    this.stop()
    if (ms === undefined) return
    this.#ends = Date.now() + ms
    this.#after(Math.max(ms - ahead, ms / 2))
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #after(ms: number): void {
    const due = Date.now() + ms
    const arm = () => {
      const timer = setTimeout(() => void (Date.now() < due ? arm() : this.#renew(timer)), Math.min(longest, due - Date.now()))
      this.#timer = timer
    }
    arm()
  }

  async #renew(timer: unknown): Promise<void> {
    try {
      const token = await this.options.refresh()
      if (timer !== this.#timer) return
      if (token) return this.until(await this.options.send(token))
    } catch {
      // the server, or whoever gives tokens, is away for a moment
    }
    if (timer === this.#timer) this.#after(Date.now() + again < this.#ends ? again : late)
  }
}
