// One way to the server, by itself: an offer without candidates of ours, and of the server's only those of one kind, so that
// no other pair can come about.
import { iceServers, parseLinks } from '../lib/link'
import { join, lines } from '../lib/sdp'
import { entries, number, rtt, type Entry } from '../lib/stats'
import type { Way } from './facts'

/** A connection that is not there after this, ms, does not come. */
const patience = 6000
/** How long packets are counted, ms. */
const counting = 3000
/** The server may ask to come back a little later: this often, and not longer than this, ms. */
const attempts = 3
const longestWait = 10_000

export interface Found extends Way {
  /** Relays that the server names. */
  relays: RTCIceServer[]
  /** What came, to be played. */
  stream?: MediaStream
}

/** only leaves the candidates of one protocol in an answer. */
export function only(answer: string, protocol: 'udp' | 'tcp'): string {
  return join(lines(answer).filter((line) => !line.startsWith('a=candidate:') || line.split(' ')[2]?.toLowerCase() === protocol))
}

/** look tries one way. The relay is one of the servers that an earlier look has found. heard gets the stream. */
export async function look(by: 'udp' | 'tcp' | 'relay', servers: RTCIceServer[] = [], heard?: (stream: MediaStream) => Promise<void>): Promise<Found> {
  const pc = new RTCPeerConnection(by === 'relay' ? { iceServers: servers, iceTransportPolicy: 'relay' } : {})
  const nothing = { connected: false, rtt: 0, loss: 0, jitter: 0, relays: [] as RTCIceServer[] }
  try {
    const stream = new MediaStream([pc.addTransceiver('audio', { direction: 'recvonly' }).receiver.track])
    const offer = await pc.createOffer()
    const response = await ask(bare(offer.sdp ?? ''))
    if (!response?.ok) return { ...nothing, refused: response?.status ?? 0 }
    const relays = iceServers(parseLinks(response.headers.get('Link'))).filter(({ urls }) => String(urls).startsWith('turn'))
    const answer = await response.text()
    await pc.setLocalDescription(offer)
    await pc.setRemoteDescription({ type: 'answer', sdp: by === 'relay' ? answer : only(answer, by) })
    if (!(await connected(pc))) return { ...nothing, relays }
    await Promise.all([pause(counting), heard?.(stream)])
    return { ...measured(await entries(pc)), relays }
  } finally {
    pc.close()
  }
}

/** bare leaves no candidate in an offer: the server must not look for a way by itself. */
const bare = (sdp: string) => join(lines(sdp).filter((line) => !line.startsWith('a=candidate:')))

async function ask(offer: string): Promise<Response | undefined> {
  for (let left = attempts; ; left--) {
    const response = await fetch('/api/v1/check', { method: 'POST', body: offer, headers: { 'Content-Type': 'application/sdp' } }).catch(() => undefined)
    const wait = Number(response?.headers.get('Retry-After')) * 1000
    if (!response || response.ok || !wait || wait > longestWait || left <= 1) return response
    await pause(wait)
  }
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

function connected(pc: RTCPeerConnection): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), patience)
    pc.addEventListener('connectionstatechange', () => {
      if (pc.connectionState !== 'connected' && pc.connectionState !== 'failed') return
      clearTimeout(timer)
      resolve(pc.connectionState === 'connected')
    })
  })
}

/** measured reads what came. */
export function measured(all: Map<string, Entry>): Way {
  const inbound = [...all.values()].find(({ type }) => type === 'inbound-rtp')
  const received = inbound ? number(inbound, 'packetsReceived') : 0
  const lost = inbound ? Math.max(0, number(inbound, 'packetsLost')) : 0
  return { connected: received > 0, rtt: rtt(all), loss: received + lost > 0 ? lost / (received + lost) : 0, jitter: inbound ? number(inbound, 'jitter') * 1000 : 0 }
}
