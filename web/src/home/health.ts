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

/** How long after its beginning nothing is said against a stream: rates are known after a second at the earliest. */
export const settling = 2000

/** settles tells whether a stream has only just begun, as of a time in milliseconds; clocks may differ by as much. */
export function settles({ state, since }: Stream, at: number): boolean {
  return state === 'live' && since !== undefined && Math.abs(at - Date.parse(since)) < settling
}

/**
 * healthOf judges a stream from what the server said at a time; plays tells whether this browser can play a MIME type.
 */
export function healthOf(stream: Stream, plays: (mimeType: string) => boolean, at: number): Health {
  const { state, tracks, publisher } = stream
  if (state !== 'live') return { good: false, reason: 'health.waiting' }
  const flowing = (kind: string) => tracks.filter((track) => track.kind === kind && track.bps !== 0)
  const video = flowing('video')
  const foreign = video.find((track) => !plays(track.codec))
  if (foreign) return { good: false, reason: 'health.codec', values: { codec: codecName(foreign.codec) } }
  if (settles(stream, at)) return { good: true, reason: 'health.starting' }
  if (video.length === 0) return { good: false, reason: 'health.dark' }
  const { video: picture, audio: sound, problems = [] } = publisher ?? {}
  if (sound && !sound.output) return { good: false, reason: 'health.mute', values: { codec: sound.codec } }
  if (flowing('audio').length === 0) return { good: false, reason: 'health.silent' }
  if (picture?.b_frames && picture.b_frame_policy === 'drop') return { good: false, reason: 'health.b_frames' }
  if (problems.some(({ code }) => code === 'key_frame_interval')) {
    return { good: false, reason: 'health.key_frames', values: { s: Math.round(picture?.key_frame_interval ?? 0) } }
  }
  const bps = Math.max(...video.map((track) => track.bps ?? Infinity))
  if (bps < thin) return { good: false, reason: 'health.thin', values: { rate: rate(bps) } }
  return { good: true, reason: 'health.good' }
}

/** playsHere asks this browser. One that does not tell is believed to play everything. */
export function playsHere(mimeType: string): boolean {
  const known = globalThis.RTCRtpReceiver?.getCapabilities?.('video')?.codecs
  return !known || known.some((codec) => codec.mimeType.toLowerCase() === mimeType.toLowerCase())
}
