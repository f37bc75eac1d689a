import type { Received } from './received'

/** How long no new frame means a stall. */
const stallAfter = 2000
/** How long packets may come without a frame before the decoder is given up. */
const undecodedLimit = 8000
/** How long nothing at all may come. Longer than a server holds a stream for a publisher that returns (15 s + 30 s). */
const silenceLimit = 60_000

/**
 * Flow judges whether media moves, from counters read now and then. Frames decide; a stream that has no video is judged by
 * its audio packets. Times are milliseconds on any one clock.
 */
export class Flow {
  #frames = 0
  #video = 0
  #audio = 0
  #frameAt: number | undefined
  #packetAt: number
  #videoAt = -Infinity
  #audioFrom: number | undefined
  #undecodedFrom: number | undefined

  constructor(at: number) {
    this.#packetAt = at
  }

  /** observe takes one reading; counters only rise. */
  observe(now: Pick<Received, 'framesDecoded' | 'videoPackets' | 'audioPackets'>, at: number): void {
    const frames = now.framesDecoded > this.#frames
    const video = now.videoPackets > this.#video
    const audio = now.audioPackets > this.#audio
    if (video || audio) this.#packetAt = at
    if (video) this.#videoAt = at
    if (audio) this.#audioFrom ??= at
    const soundOnly = now.videoPackets === 0 && this.#audioFrom !== undefined && at - this.#audioFrom >= stallAfter
    if (frames || (audio && soundOnly)) {
      this.#frameAt = at
      this.#undecodedFrom = undefined
    } else if (video) {
      this.#undecodedFrom ??= at
    }
    this.#frames = now.framesDecoded
    this.#video = now.videoPackets
    this.#audio = now.audioPackets
  }

  /** expect says that media is due from now on: what was, or was missing, before does not count. */
  expect(at: number): void {
    this.#frameAt = undefined
    this.#undecodedFrom = undefined
    this.#packetAt = at
  }

  /** Something has been shown. */
  get started(): boolean {
    return this.#frameAt !== undefined
  }

  moves(at: number): boolean {
    return this.#frameAt !== undefined && at - this.#frameAt < stallAfter
  }

  /** hopeless says that only a new session can help: packets that no frame comes of, or silence without end. */
  hopeless(at: number): boolean {
    const undecoded = this.#undecodedFrom !== undefined && at - this.#undecodedFrom > undecodedLimit && at - this.#videoAt < stallAfter
    return undecoded || at - this.#packetAt > silenceLimit
  }
}
