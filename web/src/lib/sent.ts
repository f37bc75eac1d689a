// What publishers read from getStats, as flat numbers.
import { codec, entries, number, rtt } from './stats'

/** Sent media of one connection. Sums over simulcast layers, but for size and rate, which are the largest layer's. */
export interface Sent {
  codec: string
  framesEncoded: number
  width: number
  height: number
  fps: number
  bytes: number
  /** Round-trip time in milliseconds. */
  rtt: number
  /** Why the encoder sends less than it could: none, cpu, bandwidth, other. */
  limit: string
  /** The share of packets that the server missed lately, 0 to 1. */
  lost: number
  /** The encodings, largest first; one without simulcast. */
  layers: SentLayer[]
}

export interface SentLayer {
  /** "" without simulcast. */
  rid: string
  /** Of the last frame, or of those to come when there has been none; 0 when not even that is known. */
  width: number
  height: number
  /** The most it may take, bits per second; 0 when nothing is said. */
  most: number
  fps: number
  bytes: number
  /** Frames have left this encoder, and the browser has not switched it off. */
  active: boolean
}

/** sent reads what pc sends. */
export async function sent(pc: RTCPeerConnection): Promise<Sent> {
  const all = await entries(pc)
  const asked = askedOf(pc)
  const result: Sent = { codec: '', framesEncoded: 0, width: 0, height: 0, fps: 0, bytes: 0, rtt: rtt(all), limit: 'none', lost: 0, layers: [] }
  for (const entry of all.values()) {
    if (entry.type === 'remote-inbound-rtp' && entry.kind === 'video') result.lost = Math.max(result.lost, number(entry, 'fractionLost'))
    if (entry.type !== 'outbound-rtp') continue
    result.bytes += number(entry, 'bytesSent')
    if (entry.kind !== 'video') continue
    result.framesEncoded += number(entry, 'framesEncoded')
    result.width = Math.max(result.width, number(entry, 'frameWidth'))
    result.height = Math.max(result.height, number(entry, 'frameHeight'))
    result.fps = Math.max(result.fps, number(entry, 'framesPerSecond'))
    result.codec ||= codec(all, entry)
    const limit = entry.qualityLimitationReason ?? 'none'
    if (limit !== 'none') result.limit = limit
    const rid = typeof entry['rid'] === 'string' ? entry['rid'] : ''
    const wanted = asked.get(rid)
    result.layers.push({
      rid,
      width: number(entry, 'frameWidth') || (wanted?.width ?? 0),
      height: number(entry, 'frameHeight') || (wanted?.height ?? 0),
      most: wanted?.most ?? 0,
      fps: number(entry, 'framesPerSecond'),
      bytes: number(entry, 'bytesSent'),
      active: entry['active'] !== false && number(entry, 'framesEncoded') > 0,
    })
  }
  result.layers.sort((a, b) => b.height - a.height || b.most - a.most)
  return result
}

/** askedOf tells by rid what the encoders were asked for, which is all there is to say of a layer that never began. */
function askedOf(pc: RTCPeerConnection): Map<string, { width: number; height: number; most: number }> {
  const sender = pc.getSenders().find(({ track }) => track?.kind === 'video')
  const { width = 0, height = 0 } = sender?.track?.getSettings() ?? {}
  const all = sender?.getParameters().encodings ?? []
  return new Map(
    all.map(({ rid = '', scaleResolutionDownBy: by = 1, maxBitrate: most = 0 }) => [rid, { width: Math.round(width / by), height: Math.round(height / by), most }]),
  )
}
