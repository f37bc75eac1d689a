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
  const result: Sent = { codec: '', framesEncoded: 0, width: 0, height: 0, fps: 0, bytes: 0, rtt: rtt(all), limit: 'none' }
  for (const entry of all.values()) {
    if (entry.type !== 'outbound-rtp') continue
    result.bytes += number(entry, 'bytesSent')
    if (entry.kind !== 'video') continue
    result.framesEncoded += number(entry, 'framesEncoded')
    result.width = Math.max(result.width, number(entry, 'frameWidth'))
    result.height = Math.max(result.height, number(entry, 'frameHeight'))
    result.fps = Math.max(result.fps, number(entry, 'framesPerSecond'))
    result.codec ||= codec(all, entry)
    result.limit = entry.qualityLimitationReason ?? result.limit
  }
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
