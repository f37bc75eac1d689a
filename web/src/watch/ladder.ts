// What there is to choose from in the quality menu, out of what the server says of the stream's layers.
import type { Layer } from '../lib/whepevents'
import { rate } from '../ui/format'

/** Choice is what a viewer wants: auto, the picture with an id, or the sound alone. */
export type Choice = 'auto' | 'sound' | { rid: string }

/** One picture that can be had. */
export interface Rung {
  rid: string
  /** "540p"; by its rate while its size is not known, and by its name in the protocol at last. */
  name: string
  /** "1.2 Mb/s"; "" while that is not known. */
  rate: string
  /** The publisher sends it, or would if somebody wanted it. */
  there: boolean
  /** This viewer gets it now. */
  current: boolean
}

/** rungs lists the pictures, the best first. */
export function rungs(layers: readonly Layer[]): Rung[] {
  return layers
    .flatMap(({ rid, bitrate = 0, targetBitrate = 0, width = 0, height = 0, current = false }) =>
      rid === undefined ? [] : [{ rid, current, height: Math.min(width, height) || height, bps: bitrate || targetBitrate }],
    )
    .sort((a, b) => b.height - a.height || b.bps - a.bps)
    .map(({ rid, current, height, bps }) => {
      const known = bps > 0 ? rate(bps) : ''
      return { rid, name: height > 0 ? `${height}p` : known || rid, rate: height > 0 ? known : '', there: bps > 0, current }
    })
}

/** held says whether a viewer who leaves the choice to the server gets less than there is. */
export function held(all: readonly Rung[]): boolean {
  const best = all.find(({ there }) => there)
  return best !== undefined && !best.current && all.some(({ current }) => current)
}
