// What a browser finds out about its way to this server.

/** How media got through one way. */
export interface Way {
  connected: boolean
  /** Round trip, ms. */
  rtt: number
  /** The part of the packets that never came, 0 to 1. */
  loss: number
  /** How unevenly they came, ms. */
  jitter: number
  /** The server did not answer the request: its status, or 0 when nothing came. */
  refused?: number
}

export interface Devices {
  mics: number
  cameras: number
}

/** Facts grow while the page looks: what is undefined is not known yet. */
export interface Facts {
  secure: boolean
  webrtc: boolean
  /** Round trip of a WebSocket, ms; -1 when there is none. */
  socket?: number
  udp?: Way
  tcp?: Way
  /** Through a relay, where the server has one and nothing else works. */
  relay?: Way
  /** Names of the codecs, without what only repairs them. */
  receives: readonly string[]
  sends: readonly string[]
  devices?: Devices
  /** Sound may begin without a click. */
  autoplay?: boolean
}

export type Level = 'ok' | 'warn' | 'fail'

export type LineID = 'secure' | 'socket' | 'udp' | 'tcp' | 'relay' | 'flow' | 'receive' | 'send' | 'devices' | 'autoplay'

/** Line is one thing that was looked at; level is undefined while that goes on. */
export interface Line {
  id: LineID
  level: Level | undefined
  /** Which sentences of the catalog say what is and what helps: `id.detail`. */
  detail: string
  values: Record<string, string | number>
}

export type Verdict = 'ready' | 'listen' | 'tcp' | 'weak' | 'streams' | 'media' | 'server' | 'unsupported'

/** A packet in thirty lost is heard; one in twenty is annoying. */
const muchLoss = 0.03
/** A round trip from which on people talk at the same time, ms. */
const longRoundTrip = 400

/** lines puts facts in order, with what each means. */
export function lines(f: Facts): Line[] {
  const way = (id: 'udp' | 'tcp', other: Way | undefined): Line => {
    const found = f[id]
    if (!f.webrtc) return line(id, 'fail', 'none')
    if (!found) return line(id, undefined, 'busy')
    if (found.connected) return line(id, 'ok', 'ok', { ms: Math.round(found.rtt) })
    if (found.refused !== undefined) return line(id, 'fail', 'refused', { status: found.refused })
    if (id === 'tcp' && other && !other.connected) return line(id, 'fail', 'both')
    return line(id, other?.connected ? 'warn' : 'fail', 'blocked')
  }
  const best = bestOf(f)
  return [
    line('secure', f.secure ? 'ok' : 'warn', f.secure ? 'ok' : 'not'),
    f.socket === undefined ? line('socket', undefined, 'busy') : f.socket < 0 ? line('socket', 'fail', 'not') : line('socket', 'ok', 'ok', { ms: Math.round(f.socket) }),
    way('udp', f.tcp),
    way('tcp', f.udp),
    ...(f.relay ? [line('relay', f.relay.connected ? 'ok' : 'fail', f.relay.connected ? 'ok' : 'not', { ms: Math.round(f.relay.rtt) })] : []),
    ...(best ? [flow(best)] : []),
    line('receive', plays(f) ? 'ok' : 'fail', plays(f) ? 'ok' : 'not', { codecs: f.receives.join(', ') || '–' }),
    line('send', f.sends.length > 0 ? 'ok' : 'warn', f.sends.length > 0 ? 'ok' : 'not', { codecs: f.sends.join(', ') || '–' }),
    devices(f),
    ...(f.autoplay === undefined ? [] : [line('autoplay', f.autoplay ? 'ok' : 'warn', f.autoplay ? 'ok' : 'click')]),
  ]
}

const line = (id: LineID, level: Level | undefined, detail: string, values: Line['values'] = {}): Line => ({ id, level, detail, values })

/** bestOf gives the way that media would take. */
function bestOf({ udp, tcp, relay }: Facts): Way | undefined {
  return [udp, tcp, relay].find((way) => way?.connected)
}

function flow({ loss, rtt, jitter }: Way): Line {
  const values = { loss: (loss * 100).toFixed(1), ms: Math.round(jitter), rtt: Math.round(rtt) }
  if (loss > muchLoss) return line('flow', 'warn', 'lossy', values)
  return line('flow', rtt > longRoundTrip ? 'warn' : 'ok', rtt > longRoundTrip ? 'far' : 'ok', values)
}

function devices({ devices, secure }: Facts): Line {
  if (!secure) return line('devices', 'warn', 'insecure')
  if (!devices) return line('devices', undefined, 'busy')
  const values = { mics: devices.mics, cameras: devices.cameras }
  return line('devices', devices.mics > 0 ? 'ok' : 'warn', devices.mics > 0 ? 'ok' : 'none', values)
}

/** plays tells whether there is a format in which rooms and most streams are sent. */
const plays = (f: Facts) => f.receives.includes('VP8') || f.receives.includes('H264')

/** verdict says in one word what this browser can do here; undefined while that is not known. */
export function verdict(f: Facts): Verdict | undefined {
  if (!f.webrtc || !plays(f)) return 'unsupported'
  const ways = [f.udp, f.tcp]
  if (f.socket === undefined || ways.includes(undefined) || (f.secure && !f.devices)) return undefined
  const best = bestOf(f)
  if (!best) return ways.every((way) => way?.refused !== undefined) ? 'server' : 'media'
  if (f.socket < 0) return 'streams'
  if (best !== f.udp) return 'tcp'
  if (flow(best).level !== 'ok') return 'weak'
  return f.secure && f.devices!.mics > 0 && f.sends.length > 0 ? 'ready' : 'listen'
}
