import type { Stream } from '../lib/streams'
import type { Key } from '../text/home'
import type { Values } from '../text/format'
import { codecName, rate } from '../ui/format'

/** Health is whether viewers get what they expect, and if not, why. */
export interface Health {
  good: boolean
  reason: Key
  values?: Values
}

/** A picture below this many bits a second is hardly one. */
const thin = 60_000

/** healthOf judges a stream from what the server says; plays tells whether this browser can play a MIME type. */
export function healthOf({ state, tracks }: Stream, plays: (mimeType: string) => boolean): Health {
  if (state !== 'live') return { good: false, reason: 'health.waiting' }
  const flowing = (kind: string) => tracks.filter((track) => track.kind === kind && track.bps !== 0)
  const video = flowing('video')
  const foreign = video.find((track) => !plays(track.codec))
  if (foreign) return { good: false, reason: 'health.codec', values: { codec: codecName(foreign.codec) } }
  if (video.length === 0) return { good: false, reason: 'health.dark' }
  if (flowing('audio').length === 0) return { good: false, reason: 'health.silent' }
  const bps = Math.max(...video.map((track) => track.bps ?? Infinity))
  if (bps < thin) return { good: false, reason: 'health.thin', values: { rate: rate(bps) } }
  return { good: true, reason: 'health.good' }
}

/** playsHere asks this browser. One that does not tell is believed to play everything. */
export function playsHere(mimeType: string): boolean {
  const known = globalThis.RTCRtpReceiver?.getCapabilities?.('video')?.codecs
  return !known || known.some((codec) => codec.mimeType.toLowerCase() === mimeType.toLowerCase())
}
