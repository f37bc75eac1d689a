// A WHEP client (draft-ietf-wish-whep): plays a live stream and never stays dead.
//
//     const client = new WhepClient({ url: '/whep/cam1' })
//     client.on('stream', (stream) => (video.srcObject = stream))
//     client.on('state', ({ state, problem }) => console.log(state, problem?.code))
//     client.start()
//
// It needs RTCPeerConnection, fetch and EventSource, no page and no framework.
import { Connection, passing, type ConnectionOptions, type Phase } from './connection'
import { Emitter } from './emitter'
import { Flow } from './flow'
import { Problem } from './problem'
import type { Session } from './session'
import { received, type Received } from './received'
import { selectLayer, ServerEventStream, type Layer, type LayerChoice } from './whepevents'

export { Problem, type Cause } from './problem'
export type { Received } from './received'
export type { Layer, LayerChoice } from './whepevents'

/**
 * What a player is doing:
 *
 *     idle ──start──▶ connecting ──▶ waiting (not live yet) ──▶ playing ⇄ stalled
 *                         │              └───────▶ reconnecting ◀────────┘
 *                         └──▶ offline (asks again), denied, unsupported, failed, ended
 *
 * From denied (token), unsupported (codec, browser), failed (the server accepts no such request) and ended only start
 * leads on; everything else passes by itself.
 */
export type WhepState =
  | 'idle'
  | 'connecting'
  | 'waiting'
  | 'playing'
  | 'stalled'
  | 'reconnecting'
  | 'offline'
  | 'denied'
  | 'unsupported'
  | 'failed'
  | 'ended'

export type WhepOptions = ConnectionOptions

export interface WhepEvents {
  state: { state: WhepState; problem: Problem | undefined }
  /** What to play; comes again with every new session. */
  stream: MediaStream
  /** Whether somebody sends, as the server says. */
  active: boolean
  /** The number of viewers, as the server counts. */
  viewers: number
  /** Layers of the video sections, by index of the section. */
  layers: Record<string, Layer[]>
}

/** How often the flow of media is looked at. */
const lookEvery = 500
/** How long the first picture of a live stream may take before the state says so. */
const firstPicture = 6000

export class WhepClient extends Emitter<WhepEvents> {
  /**
   * Set while the page is hidden: browsers may stop decoding then, so that nothing is judged to have stalled.
   */
  hidden = false

  readonly #connection: Connection
  #state: WhepState = 'idle'
  #problem: Problem | undefined
  #session: Session | undefined
  #stream: MediaStream | undefined
  #alone = false // its sound is shown without its picture
  #choice: LayerChoice | undefined // what was chosen, for the sessions that follow
  #events: ServerEventStream | undefined
  #active: boolean | undefined // undefined: the server does not tell
  #flow = new Flow(0)
  #since = 0 // when the present session connected, or its stream became active
  #timer: ReturnType<typeof setInterval> | undefined
  #sessions = 0

  constructor(private readonly options: WhepOptions) {
    super()
    this.#connection = new Connection(options, { prepare, retries })
    this.#connection.on('peer', (pc) => this.#receive(pc))
    this.#connection.on('session', (session) => this.#follow(session))
    this.#connection.on('phase', ({ phase }) => this.#phaseChanged(phase))
  }

  get state(): WhepState {
    return this.#state
  }

  /** Why the state is what it is; undefined while all is well. */
  get problem(): Problem | undefined {
    return this.#problem
  }

  /** The present connection; it changes with every new session. */
  get pc(): RTCPeerConnection | undefined {
    return this.#connection.pc
  }

  /** How many sessions the server has made for this client. */
  get sessions(): number {
    return this.#sessions
  }

  /** How many attempts in a row have failed. */
  get attempts(): number {
    return this.#connection.attempts
  }

  /** start begins to play, also after an end. It returns at once: events tell how it goes. */
  start(): void {
    this.#connection.start()
  }

  /** stop ends the session here and on the server. */
  stop(): Promise<void> {
    return this.#connection.stop()
  }

  /** dropOnUnload is stop for a pagehide handler: the DELETE outlives the page. */
  dropOnUnload(): void {
    this.#connection.drop()
  }

  /** retry cuts the wait for the next attempt short: the network is back, or the stream is. */
  retry(): void {
    this.#connection.retry()
  }

  /**
   * selectLayer asks for one layer of a simulcast stream, in this session and those that follow; `{}` lets the server
   * choose again, and a maxHeight of 0 is the sound alone. Rejects with a Problem, and all stays as it was.
   */
  async selectLayer(choice: LayerChoice): Promise<void> {
    await selectLayer(this.#session?.links ?? [], this.options.token, choice)
    this.#choice = choice
    this.#together()
  }

  /** stats reads what is being received; undefined before the first attempt. */
  async stats(): Promise<Received | undefined> {
    return this.pc && received(this.pc)
  }

  #receive(pc: RTCPeerConnection): void {
    this.#unfollow()
    this.#stream = undefined
    this.#alone = false
    pc.addEventListener('track', ({ streams: [stream], track }) => {
      if (!stream && this.#stream) return this.#stream.addTrack(track)
      if (stream && stream === this.#stream) return // its second track
      this.#stream = stream ?? new MediaStream([track])
      this.emit('stream', this.#stream)
    })
  }

  #follow(session: Session): void {
    this.#sessions++
    this.#session = session
    if (this.#choice) void this.selectLayer(this.#choice).catch(() => undefined) // its layer may be gone: the server chooses
    const events = ServerEventStream.of(session.links, this.options.token)
    if (!events) return
    this.#events = events
    events.on('open', () => {
      if (this.#active !== undefined) return
      this.#active = false // a live stream says so at once
      this.emit('active', false)
      this.#judge()
    })
    events.on('active', (active) => {
      const now = Date.now()
      if (active && !this.#active && !this.#flow.moves(now)) {
        this.#since = now
        this.#flow.expect(now)
      }
      this.#active = active
      this.emit('active', active)
      this.#judge()
    })
    events.on('viewercount', (viewers) => this.emit('viewers', viewers))
    events.on('layers', (layers) => this.emit('layers', layers))
    events.on('gone', () => {
      if (!this.#flow.moves(Date.now())) this.#connection.renew(new Problem('gone', 'the server forgot this session', 404))
    })
    events.on('reconnect', () => this.#connection.renew(new Problem('closed', 'the server asks for a new session')))
    events.open()
  }

  #unfollow(): void {
    this.#events?.close()
    this.#events = undefined
    this.#session = undefined
    this.#active = undefined
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #phaseChanged(phase: Phase): void {
    if (phase === 'connected' && !this.#timer) {
      this.#since = Date.now()
      this.#flow = new Flow(this.#since)
      this.#timer = setInterval(() => void this.#look(), lookEvery)
    }
    if (phase === 'ended' || phase === 'refused') this.#unfollow()
    this.#judge()
  }

  async #look(): Promise<void> {
    const pc = this.pc
    if (!pc) return
    const reading = await received(pc).catch(() => undefined) // closed meanwhile
    if (!reading || pc !== this.pc || this.#connection.phase !== 'connected') return
    if (this.#choice?.maxHeight === 0) reading.videoPackets = reading.framesDecoded = 0
    this.#flow.observe(reading, Date.now())
    if (reading.videoPackets === 0 && this.#flow.started) this.#withoutPicture()
    if (!this.hidden && this.#active !== false && this.#flow.hopeless(Date.now())) {
      return this.#connection.renew(new Problem('no_media', 'the picture does not come back'))
    }
    this.#judge()
  }

  /** #withoutPicture shows the sound alone until a picture comes: elements wait for one that is announced. */
  #withoutPicture(): void {
    const stream = this.#stream
    const [picture] = stream?.getVideoTracks() ?? []
    if (!stream || !picture || this.#alone) return
    this.#alone = true
    this.emit('stream', new MediaStream(stream.getAudioTracks()))
    picture.addEventListener('unmute', () => this.#stream === stream && this.#together(), { once: true })
  }

  /** #together shows the picture with its sound again, unless only that is wanted. */
  #together(): void {
    if (!this.#alone || !this.#stream || this.#choice?.maxHeight === 0) return
    this.#alone = false
    this.emit('stream', this.#stream)
  }

  #judge(): void {
    const { phase, problem } = this.#connection
    if (phase === 'connected') return this.#enter(...this.#playing(Date.now()))
    const offline = problem?.code === 'not_found' || problem?.code === 'conflict'
    if (phase === 'reconnecting') return this.#enter(offline ? 'offline' : 'reconnecting', problem)
    this.#enter(phase === 'refused' ? refusal(problem) : phase, problem)
  }

  /** #playing tells the states of a working connection apart. */
  #playing(now: number): [WhepState, Problem?] {
    if (this.#flow.moves(now)) return ['playing']
    if (this.#active === false) return ['waiting']
    if (this.#flow.started) return this.hidden ? ['playing'] : ['stalled']
    if (now - this.#since < firstPicture) return ['waiting']
    return ['waiting', new Problem('no_media', 'connected, but no picture has come yet')]
  }

  #enter(state: WhepState, problem?: Problem): void {
    if (state === this.#state && problem?.code === this.#problem?.code) return
    this.#state = state
    this.#problem = problem
    this.emit('state', { state, problem })
  }
}

/** Audio first: its section is 0 and video's 1, which is what layer events count by. */
function prepare(pc: RTCPeerConnection): void {
  pc.addTransceiver('audio', { direction: 'recvonly' })
  pc.addTransceiver('video', { direction: 'recvonly' })
}

function retries(problem: Problem): boolean {
  return passing.has(problem.code) || problem.code === 'not_found' || problem.code === 'conflict'
}

function refusal(problem: Problem | undefined): WhepState {
  if (problem?.denial) return 'denied'
  return problem?.code === 'codec_unsupported' || problem?.code === 'unsupported_browser' ? 'unsupported' : 'failed'
}
