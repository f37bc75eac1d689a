// Stand-ins for the browser and the server in the tests of this folder.
import { vi } from 'vitest'

/** One request that the code under test has made, and the means to answer it. */
export interface Call {
  url: string
  method: string
  headers: Headers
  body: string
  keepalive: boolean
  answer(status: number, headers?: Record<string, string>, body?: string): void
  /** break ends the request without an answer. */
  break(): void
}

/** FakeServer records every request and answers none by itself, unless a handler is set. */
export class FakeServer {
  readonly calls: Call[] = []
  handler: ((call: Call) => void) | undefined

  constructor() {
    vi.stubGlobal('fetch', (url: string, init: RequestInit = {}) => this.#fetch(url, init))
  }

  /** of gives the calls with a method. */
  of(method: string): Call[] {
    return this.calls.filter((call) => call.method === method)
  }

  #fetch(url: string, init: RequestInit): Promise<Response> {
    return new Promise((resolve, reject) => {
      const call: Call = {
        url,
        method: init.method ?? 'GET',
        headers: new Headers(init.headers),
        body: String(init.body ?? ''),
        keepalive: init.keepalive ?? false,
        answer: (status, headers = {}, body) =>
          resolve(new Response(status === 204 ? null : (body ?? ''), { status, headers })),
        break: () => reject(new TypeError('fetch failed')),
      }
      this.calls.push(call)
      this.handler?.(call)
    })
  }
}

/** FakePeer is an RTCPeerConnection that does what the test says. */
export class FakePeer extends EventTarget {
  static all: FakePeer[] = []
  static get last(): FakePeer {
    return FakePeer.all.at(-1)!
  }

  connectionState: RTCPeerConnectionState = 'new'
  signalingState: RTCSignalingState = 'stable'
  localDescription: RTCSessionDescriptionInit | null = null
  remoteDescription: RTCSessionDescriptionInit | null = null
  transceivers: FakeTransceiver[] = []
  counters: Record<string, number> = {}
  #ice = 0

  constructor(public configuration: RTCConfiguration = {}) {
    super()
    FakePeer.all.push(this)
  }

  addTransceiver(what: string | { kind: string }, init: RTCRtpTransceiverInit = {}): FakeTransceiver {
    const kind = typeof what === 'string' ? what : what.kind
    const transceiver = new FakeTransceiver(kind, typeof what === 'string' ? null : what, init)
    this.transceivers.push(transceiver)
    return transceiver
  }

  getTransceivers(): FakeTransceiver[] {
    return this.transceivers
  }

  getConfiguration(): RTCConfiguration {
    return this.configuration
  }

  setConfiguration(configuration: RTCConfiguration): void {
    this.configuration = configuration
  }

  async createOffer(options: RTCOfferOptions = {}): Promise<RTCSessionDescriptionInit> {
    if (this.signalingState === 'closed') throw new DOMException('closed', 'InvalidStateError')
    if (this.#ice === 0 || options.iceRestart) this.#ice++
    return { type: 'offer', sdp: offer(this.#ice) }
  }

  async setLocalDescription(description: RTCSessionDescriptionInit): Promise<void> {
    this.localDescription = description
  }

  async setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
    this.remoteDescription = description
  }

  async getStats(): Promise<Map<string, unknown>> {
    return new Map<string, unknown>([
      ['v', { type: 'inbound-rtp', kind: 'video', packetsReceived: this.counters['video'], framesDecoded: this.counters['frames'] }],
      ['a', { type: 'inbound-rtp', kind: 'audio', packetsReceived: this.counters['audio'] }],
    ])
  }

  close(): void {
    this.connectionState = 'closed'
    this.signalingState = 'closed'
  }

  /** become moves the connection to a state, as the network would. */
  become(state: RTCPeerConnectionState): void {
    this.connectionState = state
    this.dispatchEvent(new Event('connectionstatechange'))
  }

  /** gather reports a local candidate; null ends gathering. */
  gather(candidate: string | null, ufrag = `user${this.#ice}`): void {
    const detail = candidate === null ? null : { candidate: `candidate:${candidate}`, usernameFragment: ufrag }
    this.dispatchEvent(Object.assign(new Event('icecandidate'), { candidate: detail }))
  }

  /** hangUp is a close alert from the other side. */
  hangUp(): void {
    this.transceivers[0]!.transport.become('closed')
  }
}

class FakeTransceiver {
  readonly transport = new FakeTransport()
  readonly receiver: { track: { kind: string }; transport: FakeTransport }
  readonly sender: { track: unknown; transport: FakeTransport; replaceTrack: (track: unknown) => Promise<void>; getParameters: () => object; setParameters: (next: object) => Promise<void> }
  parameters: object
  preferences: { mimeType: string }[] | undefined

  constructor(
    readonly kind: string,
    track: unknown,
    readonly init: RTCRtpTransceiverInit,
  ) {
    this.receiver = { track: { kind }, transport: this.transport }
    this.parameters = { encodings: structuredClone(init.sendEncodings ?? [{}]) }
    this.sender = {
      track,
      transport: this.transport,
      replaceTrack: async (next) => {
        this.sender.track = next
      },
      getParameters: () => structuredClone(this.parameters),
      setParameters: async (next) => {
        this.parameters = next
      },
    }
  }

  setCodecPreferences(codecs: { mimeType: string }[]): void {
    this.preferences = codecs
  }
}

class FakeTransport extends EventTarget {
  state = 'new'

  become(state: string): void {
    this.state = state
    this.dispatchEvent(new Event('statechange'))
  }
}

/** FakeEventSource is an event stream that the test speaks through. */
export class FakeEventSource extends EventTarget {
  static readonly CLOSED = 2
  static all: FakeEventSource[] = []
  static get last(): FakeEventSource {
    return FakeEventSource.all.at(-1)!
  }

  readyState = 1

  constructor(readonly url: string) {
    super()
    FakeEventSource.all.push(this)
  }

  say(type: string, data = '{}'): void {
    this.dispatchEvent(Object.assign(new Event(type), { data }))
  }

  /** refuse ends the stream for good. */
  refuse(): void {
    this.readyState = FakeEventSource.CLOSED
    this.dispatchEvent(new Event('error'))
  }

  close(): void {
    this.readyState = FakeEventSource.CLOSED
  }
}

/** FakeSocket is a WebSocket whose other end is the test. */
export class FakeSocket extends EventTarget {
  static all: FakeSocket[] = []
  static get last(): FakeSocket {
    return FakeSocket.all.at(-1)!
  }

  readyState = 0
  /** What was sent, as it was before it became text. */
  readonly sent: unknown[] = []

  constructor(
    readonly url: string,
    readonly protocol: string,
  ) {
    super()
    FakeSocket.all.push(this)
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text))
  }

  close(): void {
    this.readyState = 3
  }

  open(): void {
    this.readyState = 1
    this.dispatchEvent(new Event('open'))
  }

  /** reply grants a request, the last one unless it is named. */
  reply(data: unknown, id = (this.sent.at(-1) as { id: number }).id): void {
    this.say({ re: id, ok: true, data })
  }

  say(message: object): void {
    this.raw(JSON.stringify(message))
  }

  raw(data: string): void {
    this.dispatchEvent(Object.assign(new Event('message'), { data }))
  }

  /** lose closes from the other side, or from in between. */
  lose(code: number, reason = ''): void {
    this.readyState = 3
    this.dispatchEvent(Object.assign(new Event('close'), { code, reason }))
  }
}

/** FakeStream is a MediaStream that holds whatever is put into it. */
export class FakeStream {
  constructor(private readonly tracks: unknown[] = []) {}

  getTracks(): unknown[] {
    return [...this.tracks]
  }

  addTrack(track: unknown): void {
    this.tracks.push(track)
  }

  removeTrack(track: unknown): void {
    this.tracks.splice(this.tracks.indexOf(track), 1)
  }
}

/** browser puts the stand-ins in place; call it before each test. */
export function browser(): FakeServer {
  FakePeer.all = []
  FakeEventSource.all = []
  FakeSocket.all = []
  vi.stubGlobal('WebSocket', FakeSocket)
  vi.stubGlobal('MediaStream', FakeStream)
  vi.stubGlobal('RTCPeerConnection', FakePeer)
  vi.stubGlobal('EventSource', FakeEventSource)
  vi.stubGlobal('location', { href: 'https://lectern.test/page' })
  vi.useFakeTimers()
  return new FakeServer()
}

/** settle lets everything that waits for no timer run. */
export function settle(): Promise<unknown> {
  return vi.advanceTimersByTimeAsync(0)
}

/** offer is a small offer of the n-th ICE session. */
export function offer(n: number): string {
  return sdp('offer', `user${n}`, `password-of-user-${n}`)
}

/** answer is a small answer. */
export function answer(): string {
  return sdp('answer', 'server1', 'password-of-server-1', 'a=candidate:1 1 udp 2130706431 192.0.2.1 8080 typ host\r\na=end-of-candidates\r\n')
}

function sdp(name: string, ufrag: string, pwd: string, candidates = ''): string {
  const section = (kind: string, type: number, mid: number, format: string) =>
    `m=${kind} 9 UDP/TLS/RTP/SAVPF ${type}\r\nc=IN IP4 0.0.0.0\r\na=mid:${mid}\r\na=ice-ufrag:${ufrag}\r\na=ice-pwd:${pwd}\r\n` +
    `a=ice-options:trickle\r\n${mid === 0 ? candidates : ''}a=rtpmap:${type} ${format}\r\n`
  return (
    `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=${name}\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n` +
    section('audio', 111, 0, 'opus/48000/2') +
    section('video', 96, 1, 'VP8/90000')
  )
}
