// What a report of getStats says to somebody who looks for a fault: the path that media take, and each stream on it.
import { codec, entries, number, rtt, type Entry } from './stats'

export interface Diagnosis {
  /** The pair of candidates in use; undefined while there is none. */
  path: { protocol: string; local: string; remote: string } | undefined
  /** Round-trip time in milliseconds. */
  rtt: number
  streams: Flowing[]
}

/** Flowing is one RTP stream. Counters are sums since it began. */
export interface Flowing {
  id: string
  kind: 'audio' | 'video'
  /** "" without simulcast. */
  rid: string
  codec: string
  width: number
  height: number
  fps: number
  frames: number
  bytes: number
  /** Bits per second since the diagnosis before; 0 without one. */
  bps: number
  lost: number
  nack: number
  pli: number
  freezes: number
  /** In milliseconds. */
  jitter: number
  /** What holds the encoder back, as WebRTC names it; "" for received streams. */
  limit: string
  /** What encodes or decodes, as the browser calls it; "" when it does not tell. */
  coder: string
}

const text = (entry: Entry | undefined, name: string) => (typeof entry?.[name] === 'string' ? (entry[name] as string) : '')

/** diagnose reads a connection; before, and how many milliseconds ago it was taken, give the rates. */
export async function diagnose(pc: RTCPeerConnection, before?: Diagnosis, ms = 0): Promise<Diagnosis> {
  const all = await entries(pc)
  const streams: Flowing[] = []
  for (const [id, entry] of all) {
    if (entry.type !== 'inbound-rtp' && entry.type !== 'outbound-rtp') continue
    const sends = entry.type === 'outbound-rtp'
    const told = sends ? all.get(text(entry, 'remoteId')) : entry // the receiver counts what was lost
    const bytes = number(entry, sends ? 'bytesSent' : 'bytesReceived')
    const earlier = before?.streams.find((stream) => stream.id === id)?.bytes
    streams.push({
      id,
      kind: entry.kind === 'audio' ? 'audio' : 'video',
      rid: text(entry, 'rid'),
      codec: codec(all, entry),
      width: number(entry, 'frameWidth'),
      height: number(entry, 'frameHeight'),
      fps: number(entry, 'framesPerSecond'),
      frames: number(entry, sends ? 'framesEncoded' : 'framesDecoded'),
      bytes,
      bps: earlier !== undefined && ms > 0 ? Math.max(0, ((bytes - earlier) * 8000) / ms) : 0,
      lost: told ? Math.max(0, number(told, 'packetsLost')) : 0,
      nack: number(entry, 'nackCount'),
      pli: number(entry, 'pliCount'),
      freezes: number(entry, 'freezeCount'),
      jitter: told ? number(told, 'jitter') * 1000 : 0,
      limit: sends ? (entry.qualityLimitationReason ?? '') : '',
      coder: text(entry, sends ? 'encoderImplementation' : 'decoderImplementation'),
    })
  }
  streams.sort((a, b) => b.kind.localeCompare(a.kind) || b.height - a.height)
  return { path: pathOf(all), rtt: rtt(all), streams }
}

function pathOf(all: Map<string, Entry>): Diagnosis['path'] {
  const pair = [...all.values()].find((entry) => entry.type === 'candidate-pair' && entry.nominated && entry.state === 'succeeded')
  const [local, remote] = [all.get(text(pair, 'localCandidateId')), all.get(text(pair, 'remoteCandidateId'))]
  if (!local || !remote) return undefined
  return { protocol: text(local, 'relayProtocol') || text(local, 'protocol'), local: end(local), remote: end(remote) }
}

/** end writes one end of a path: its address, which browsers may keep to themselves, and what kind it is. */
function end(candidate: Entry): string {
  const address = text(candidate, 'address') || text(candidate, 'ip')
  const host = address.includes(':') ? `[${address}]` : address
  return `${host}${host && ':' + number(candidate, 'port')} ${text(candidate, 'candidateType')}`.trim()
}
