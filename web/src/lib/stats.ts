// What pages and clients read from getStats, as flat numbers.

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
  width: number
  height: number
  fps: number
  bytes: number
  /** Frames have left this encoder, and the browser has not switched it off. */
  active: boolean
}

/** Received media of one connection. */
export interface Received {
  codec: string
  framesDecoded: number
  videoPackets: number
  audioPackets: number
  audioSamples: number
  audioEnergy: number
  freezeCount: number
  totalFreezesDuration: number
  width: number
  height: number
  bytes: number
  rtt: number
  fps: number
  /** Video packets that never came. */
  lost: number
  /** Seconds that video has spent in the jitter buffer, in all, and how many frames did so. */
  jitterBufferDelay: number
  jitterBufferEmitted: number
  /** Seconds spent decoding, in all. */
  decodeTime: number
}

interface Entry {
  type: string
  kind?: string
  codecId?: string
  mimeType?: string
  qualityLimitationReason?: string
  nominated?: boolean
  state?: string
  [name: string]: unknown
}

const number = (entry: Entry, name: string) => (typeof entry[name] === 'number' ? (entry[name] as number) : 0)

/** sent reads what pc sends. */
export async function sent(pc: RTCPeerConnection): Promise<Sent> {
  const all = await entries(pc)
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
    result.layers.push({
      rid: typeof entry['rid'] === 'string' ? entry['rid'] : '',
      width: number(entry, 'frameWidth'),
      height: number(entry, 'frameHeight'),
      fps: number(entry, 'framesPerSecond'),
      bytes: number(entry, 'bytesSent'),
      active: entry['active'] !== false && number(entry, 'framesEncoded') > 0,
    })
  }
  result.layers.sort((a, b) => b.height - a.height)
  return result
}

/** received reads what pc receives. */
export async function received(pc: RTCPeerConnection): Promise<Received> {
  const all = await entries(pc)
  const result: Received = {
    codec: '',
    framesDecoded: 0,
    videoPackets: 0,
    audioPackets: 0,
    audioSamples: 0,
    audioEnergy: 0,
    freezeCount: 0,
    totalFreezesDuration: 0,
    width: 0,
    height: 0,
    bytes: 0,
    rtt: rtt(all),
    fps: 0,
    lost: 0,
    jitterBufferDelay: 0,
    jitterBufferEmitted: 0,
    decodeTime: 0,
  }
  for (const entry of all.values()) {
    if (entry.type !== 'inbound-rtp') continue
    result.bytes += number(entry, 'bytesReceived')
    if (entry.kind === 'audio') {
      result.audioPackets += number(entry, 'packetsReceived')
      result.audioSamples += number(entry, 'totalSamplesReceived')
      result.audioEnergy += number(entry, 'totalAudioEnergy')
    } else {
      result.videoPackets += number(entry, 'packetsReceived')
      result.framesDecoded += number(entry, 'framesDecoded')
      result.freezeCount += number(entry, 'freezeCount')
      result.totalFreezesDuration += number(entry, 'totalFreezesDuration')
      result.fps = number(entry, 'framesPerSecond')
      result.lost += Math.max(0, number(entry, 'packetsLost'))
      result.jitterBufferDelay += number(entry, 'jitterBufferDelay')
      result.jitterBufferEmitted += number(entry, 'jitterBufferEmittedCount')
      result.decodeTime += number(entry, 'totalDecodeTime')
      result.width = number(entry, 'frameWidth')
      result.height = number(entry, 'frameHeight')
      result.codec ||= codec(all, entry)
    }
  }
  return result
}

async function entries(pc: RTCPeerConnection): Promise<Map<string, Entry>> {
  const all = new Map<string, Entry>()
  ;(await pc.getStats()).forEach((entry: Entry, id: string) => all.set(id, entry))
  return all
}

function codec(all: Map<string, Entry>, entry: Entry): string {
  return all.get(entry.codecId ?? '')?.mimeType ?? ''
}

function rtt(all: Map<string, Entry>): number {
  for (const entry of all.values()) {
    if (entry.type === 'candidate-pair' && entry.nominated && entry.state === 'succeeded') return number(entry, 'currentRoundTripTime') * 1000
  }
  return 0
}
