// A WHIP client (RFC 9725): sends a MediaStream from the browser to a server and keeps it there.
//
//     const client = new WhipClient({ url: '/whip/cam1', stream: await navigator.mediaDevices.getUserMedia({ video: true }) })
//     client.on('state', ({ state, problem }) => console.log(state, problem?.code))
//     client.start()
//
// It needs RTCPeerConnection and fetch, no page and no framework.
import { Connection, passing, type ConnectionOptions, type Phase } from './connection'
import { followDemand } from './demand'
import { Emitter } from './emitter'
import { adjust, encodings, withStartRate, type Sending } from './encodings'
import { Problem } from './problem'
import { sent, type Sent } from './sent'

export { Problem, type Cause } from './problem'
export type { Sending } from './encodings'
export type { Sent } from './sent'

/**
 * What a publication is doing:
 *
 *     idle ──start──▶ connecting ──▶ live ⇄ reconnecting
 *                         │                     │
 *                         └──▶ denied, failed, ended
 *
 * A connecting or reconnecting client goes on trying, and its problem says what it waits for; from denied (token), failed
 * (anything else that waiting does not cure) and ended only start leads on.
 */
export type WhipState = 'idle' | 'connecting' | 'live' | 'reconnecting' | 'ended' | 'denied' | 'failed'

export interface WhipOptions extends ConnectionOptions {
  /** What to send: its first audio and its first video track. The client never stops them. */
  stream: MediaStream
  /** MIME types to offer, best first, and no other of their kind: `['video/H264']`. Left out, the browser's own order. */
  codecs?: string[] | undefined
  /**
   * Kinds to negotiate even when the stream has no such track now, so that replaceTrack can bring one later without a new
   * session.
   */
  kinds?: ('audio' | 'video')[] | undefined
  /** How the video is encoded; left out, as the browser likes, in one layer. */
  sending?: Sending | undefined
}

export interface WhipEvents {
  state: { state: WhipState; problem: Problem | undefined }
}

/** A server that closes the session twice in this time has given the stream to somebody else with our identity. */
const replacedWithin = 30_000

export class WhipClient extends Emitter<WhipEvents> {
  readonly #connection: Connection
  readonly #tracks = new Map<string, MediaStreamTrack | null>()
  #sending: Sending | undefined
  #resting: ReadonlySet<string> = new Set() // layers that nobody wants, by rid
  #unfollow: (() => void) | undefined
  #adjusting: Promise<void> = Promise.resolve() // one change of the encodings after another: browsers refuse two at a time
  #closedAt = -Infinity
  #state: WhipState = 'idle'
  #problem: Problem | undefined

  constructor(private readonly options: WhipOptions) {
    super()
    for (const kind of ['audio', 'video']) {
      const track = options.stream.getTracks().find((track) => track.kind === kind)
      if (track || options.kinds?.some((wanted) => wanted === kind)) this.#tracks.set(kind, track ?? null)
    }
    this.#sending = options.sending
    this.#connection = new Connection(options, {
      prepare: (pc) => this.#prepare(pc),
      tune: (answer) => (this.#sending ? withStartRate(answer, startRate(this.#sending)) : answer),
      retries: (problem) => this.#retries(problem),
    })
    this.#connection.on('phase', ({ phase, problem }) => this.#enter(phase, problem))
    this.#connection.on('peer', () => this.#forget())
    this.#connection.on('session', ({ links }) => {
      this.#unfollow = followDemand(links, (resting) => {
        this.#resting = resting
        void this.#adjust().catch(() => undefined) // a browser that cannot sends all
      })
    })
  }

  get state(): WhipState {
    return this.#state
  }

  /** Why the state is what it is; undefined while all is well. */
  get problem(): Problem | undefined {
    return this.#problem
  }

  /** The present connection, for statistics; it changes with every new session. */
  get pc(): RTCPeerConnection | undefined {
    return this.#connection.pc
  }

  /** The layers, by rid, that are left out because nobody wants them now. */
  get resting(): ReadonlySet<string> {
    return this.#resting
  }

  /** How many attempts in a row have failed. */
  get attempts(): number {
    return this.#connection.attempts
  }

  /** start goes live, also after an end. It returns at once: the state event tells how it goes. */
  start(): void {
    this.#closedAt = -Infinity
    this.#connection.start()
  }

  /** stop ends the publication here and on the server. */
  stop(): Promise<void> {
    return this.#connection.stop()
  }

  /** dropOnUnload is stop for a pagehide handler: the DELETE outlives the page. */
  dropOnUnload(): void {
    this.#connection.drop()
  }

  /** retry cuts the wait for the next attempt short. */
  retry(): void {
    this.#connection.retry()
  }

  /**
   * replaceTrack sends another track of a kind the stream began with, or nothing, within the same session and the ones
   * that follow. Rejects when the stream had no track of this kind, or when the track cannot be sent as negotiated.
   */
  async replaceTrack(kind: 'audio' | 'video', track: MediaStreamTrack | null): Promise<void> {
    if (!this.#tracks.has(kind)) throw new TypeError(`the stream was started without ${kind}`)
    const before = this.#tracks.get(kind) ?? null
    this.#tracks.set(kind, track)
    if (!this.pc || this.pc.signalingState === 'closed') return // the next session takes it
    const transceiver = this.pc.getTransceivers().find(({ receiver }) => receiver.track.kind === kind)
    try {
      await transceiver?.sender.replaceTrack(track)
    } catch (error) {
      this.#tracks.set(kind, before)
      throw error
    }
  }

  /**
   * setSending changes rate, frame rate and size of the video that is being sent, without a new session. Whether there is
   * simulcast stays as it was: that is settled when a session begins.
   */
  async setSending(sending: Sending): Promise<void> {
    this.#sending = { ...sending, simulcast: this.#sending?.simulcast ?? false }
    await this.#adjust()
  }

  #adjust(): Promise<void> {
    const done = this.#adjusting.then(async () => {
      const sender = this.pc?.getTransceivers().find(({ receiver }) => receiver.track.kind === 'video')?.sender
      if (!this.#sending || !sender || this.pc?.signalingState === 'closed') return // the next session takes it
      await adjust(sender, this.#sending, this.#resting)
    })
    this.#adjusting = done.catch(() => undefined)
    return done
  }

  /** #forget ends what belongs to one session: the next one sends all layers until it is told. */
  #forget(): void {
    this.#unfollow?.()
    this.#unfollow = undefined
    this.#resting = new Set()
  }

  /** stats reads what is being sent; undefined before the first attempt. */
  async stats(): Promise<Sent | undefined> {
    return this.pc && sent(this.pc)
  }

  #prepare(pc: RTCPeerConnection): void {
    if ([...this.#tracks.values()].every((track) => track === null)) throw new Problem('internal', 'the stream has no track')
    for (const [kind, track] of this.#tracks) {
      const sendEncodings = kind === 'video' && this.#sending ? encodings(this.#sending, this.options.codecs?.[0]) : undefined
      const transceiver = pc.addTransceiver(track ?? kind, { direction: 'sendonly', streams: [this.options.stream], ...(sendEncodings && { sendEncodings }) })
      const codecs = chosen(kind, this.options.codecs ?? [])
      if (codecs) transceiver.setCodecPreferences(codecs)
    }
  }

  #retries(problem: Problem): boolean {
    if (problem.code !== 'closed') return passing.has(problem.code)
    const again = Date.now() - this.#closedAt < replacedWithin
    this.#closedAt = Date.now()
    return !again
  }

  #enter(phase: Phase, problem: Problem | undefined): void {
    if (phase === 'refused' || phase === 'ended') this.#forget()
    const replaced = phase === 'refused' && problem?.code === 'closed'
    this.#problem = replaced ? new Problem('replaced', 'the stream is being sent from somewhere else') : problem
    this.#state = replaced ? 'ended' : stateOf(phase, problem)
    this.emit('state', { state: this.#state, problem: this.#problem })
  }
}

/** At what a new session begins, kb/s: most of what it wants, as far as an ordinary link carries it at once. */
const startRate = ({ bps }: Sending) => Math.round(Math.min(bps * 0.7, 1_500_000) / 1000)

function stateOf(phase: Phase, problem: Problem | undefined): WhipState {
  if (phase === 'connected') return 'live'
  if (phase !== 'refused') return phase
  return problem?.denial ? 'denied' : 'failed'
}

/** Formats that go with a codec rather than being one. */
const companions = /\/(rtx|red|ulpfec|flexfec-03)$/i

/** chosen gives the codecs of a kind to offer: those wanted, in the order wanted, and their companions. */
function chosen(kind: string, wanted: string[]): RTCRtpCodec[] | undefined {
  const types = wanted.map((type) => type.toLowerCase()).filter((type) => type.startsWith(`${kind}/`))
  if (types.length === 0) return undefined
  const able = RTCRtpSender.getCapabilities(kind)?.codecs ?? []
  const rank = (codec: RTCRtpCodec) => types.indexOf(codec.mimeType.toLowerCase())
  const picked = able.filter((codec) => rank(codec) >= 0).sort((a, b) => rank(a) - rank(b))
  if (picked.length === 0) throw new Problem('codec_unsupported', `this browser does not send ${wanted.join(', ')}`)
  return [...picked, ...able.filter((codec) => companions.test(codec.mimeType))]
}
