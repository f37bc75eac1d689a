import { backoff } from './backoff'
import { Emitter } from './emitter'
import { Problem, type Cause } from './problem'
import { Session } from './session'

/** A session that held this long was a good one: after it the waits start from the shortest again. */
const goodSession = 10_000

/**
 * Where a connection stands:
 *
 *     idle ──start──▶ connecting ──▶ connected ⇄ reconnecting ──▶ refused
 *                         └────────────── stop ────────────────▶ ended
 */
export type Phase = 'idle' | 'connecting' | 'connected' | 'reconnecting' | 'refused' | 'ended'

export interface ConnectionOptions {
  /** The WHIP or WHEP endpoint. */
  url: string
  /** Bearer token, when the server asks for one. */
  token?: string | undefined
  /** For the RTCPeerConnection. The server may name ICE servers by itself. */
  rtc?: RTCConfiguration | undefined
}

export interface ConnectionEvents {
  phase: { phase: Phase; problem: Problem | undefined }
  /** A new RTCPeerConnection is being opened; the old one is closed. */
  peer: RTCPeerConnection
  /** The server has made the session. */
  session: Session
}

export interface ConnectionPolicy {
  /** Adds the transceivers. May throw a Problem, which ends the connection. */
  prepare(pc: RTCPeerConnection): void
  /** Changes an answer before the browser gets it. */
  tune?(answer: string): string
  /** Causes after which another attempt makes sense. */
  retries(problem: Problem): boolean
}

/** Causes that pass by themselves. */
export const passing: ReadonlySet<Cause> = new Set(['unavailable', 'draining', 'rate_limited', 'ice_failed', 'no_media', 'gone', 'closed'])

/** Connection keeps one session alive: when it is lost, the next one follows after a growing wait, for ever. */
export class Connection extends Emitter<ConnectionEvents> {
  #phase: Phase = 'idle'
  #problem: Problem | undefined
  #pc: RTCPeerConnection | undefined
  #session: Session | undefined
  #run = 0 // a number a start: what belongs to an earlier one has no say
  #end: ((problem: Problem) => void) | undefined
  #wake: (() => void) | undefined
  #since: number | undefined // when the present session first connected
  /** How many attempts in a row have failed. */
  attempts = 0

  constructor(
    private readonly options: ConnectionOptions,
    private readonly policy: ConnectionPolicy,
  ) {
    super()
  }

  get phase(): Phase {
    return this.#phase
  }

  get problem(): Problem | undefined {
    return this.#problem
  }

  get pc(): RTCPeerConnection | undefined {
    return this.#pc
  }

  /** start begins, also after an end. It does nothing while the connection is under way. */
  start(): void {
    if (this.#phase !== 'idle' && this.#phase !== 'refused' && this.#phase !== 'ended') return
    void this.#loop(++this.#run)
  }

  /** stop ends the session here and on the server; problem says why when it was not asked for. */
  async stop(problem?: Problem): Promise<void> {
    this.#leave()
    this.#enter('ended', problem)
    await this.#session?.close()
  }

  /** drop is stop for a page that is going away. */
  drop(): void {
    this.#leave()
    this.#session?.drop()
    this.#enter('ended')
  }

  /** #leave lets the loop end wherever it waits. */
  #leave(): void {
    this.#run++
    this.#wake?.()
    this.#end?.(new Problem('closed', 'ended here'))
  }

  /** renew gives the present session up for a new one. */
  renew(problem: Problem): void {
    const end = this.#end
    void this.#session?.close()
    end?.(problem)
  }

  /** retry cuts the present wait short. */
  retry(): void {
    this.#wake?.()
  }

  async #loop(run: number): Promise<void> {
    this.attempts = 0
    this.#enter('connecting')
    for (;;) {
      this.#since = undefined
      const problem = await this.#hold(run)
      if (run !== this.#run) return
      if (!this.policy.retries(problem)) return this.#enter('refused', problem)
      if (this.#since !== undefined && Date.now() - this.#since > goodSession) this.attempts = 0
      this.#enter('reconnecting', problem)
      await this.#sleep(problem.retryAfter ?? backoff(this.attempts++))
      if (run !== this.#run) return
    }
  }

  /** #hold opens a session and returns why it ended. */
  async #hold(run: number): Promise<Problem> {
    if (typeof RTCPeerConnection === 'undefined') return new Problem('unsupported_browser', 'this browser has no WebRTC')
    const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle', ...this.options.rtc })
    const session = new Session(pc, this.options.url, this.options.token, this.policy.tune)
    this.#pc = pc
    this.#session = session
    const ended = new Promise<Problem>((resolve) => {
      this.#end = resolve
      session.on('closed', resolve)
    })
    session.on('connected', () => {
      if (run !== this.#run) return
      this.#since ??= Date.now()
      this.#enter('connected')
    })
    session.on('interrupted', () => run === this.#run && this.#enter('reconnecting', new Problem('ice_failed', 'the connection was lost')))
    try {
      this.policy.prepare(pc)
      this.emit('peer', pc)
      await session.open()
    } catch (error) {
      await session.close()
      return error instanceof Problem ? error : new Problem('internal', String(error))
    }
    if (run === this.#run) this.emit('session', session)
    return ended
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  #enter(phase: Phase, problem?: Problem): void {
    if (phase === this.#phase && problem === this.#problem) return
    this.#phase = phase
    this.#problem = problem
    this.emit('phase', { phase, problem })
  }
}
