// One conversation in room.v1: hello, requests with their replies, events in order, and a session that outlives sockets.
import { Emitter } from './emitter'
import type { Place, Refusal, Waiting, Welcome } from './roomtypes'

/**
 * Where a conversation stands:
 *
 *     idle ──open──▶ connecting ──▶ waiting (lobby) ──▶ joined ⇄ reconnecting
 *                        └───────────────┴────────────────┴──▶ over
 */
export type LinkState = 'idle' | 'connecting' | 'waiting' | 'joined' | 'reconnecting' | 'over'

/** What ends a conversation for good, by the server's close code. */
const final: Record<number, string> = { 4400: 'protocol', 4401: 'unauthorized', 4403: 'removed', 4404: 'room_ended', 4409: 'moved' }
/** Refusals of hello that pass by themselves. */
const passing = new Set(['unavailable', 'rate_limited', 'internal'])
/** The server pings every 20 s; without a word for this many of its intervals the socket is dead. */
const silence = 2.5
/** No answer to hello in this time, ms, and the socket is given up. */
const patience = 10_000
const longest = 10_000

/** RoomError is a refusal by the server, or `lost` when the connection went before the answer. */
export class RoomError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly refusal: Refusal = { code, message },
  ) {
    super(message)
    this.name = 'RoomError'
  }
}

export interface LinkOptions {
  /** wss://HOST/api/v1/rooms/ID/ws */
  url: string
  /** What hello says besides the session: token, invite, name … */
  hello: Record<string, unknown>
  /** A session of before, to go on with. */
  session?: { id: string; key: string } | undefined
}

export interface LinkEvents {
  state: LinkState
  welcome: Welcome
  waiting: Place
  event: { type: string; data: unknown }
  /** The conversation is over; code as in PROTOCOL's closes and errors. */
  over: RoomError
}

interface Asked {
  type: string
  data: unknown
  again: boolean
  resolve(data: unknown): void
  reject(error: RoomError): void
}

/** RoomLink keeps one session of one person; when the socket is lost, it resumes for as long as nobody closes it. */
export class RoomLink extends Emitter<LinkEvents> {
  state: LinkState = 'idle'
  session: { id: string; key: string } | undefined
  /** How many attempts in a row have failed. */
  attempts = 0
  /** When the connection was lost, ms; 0 while it stands. */
  lostAt = 0
  #socket: WebSocket | undefined
  #seq = 0
  #last = 0
  #asked = new Map<number, Asked>()
  #timer: ReturnType<typeof setTimeout> | undefined
  #watch: ReturnType<typeof setTimeout> | undefined
  #ping = 20
  #why: Refusal | undefined // what the server has said of the end that follows

  constructor(private readonly options: LinkOptions) {
    super()
    this.session = options.session
  }

  /** open begins; takeover moves a session here that is open elsewhere. */
  open(takeover = false): void {
    this.#drop()
    if (this.state !== 'reconnecting') this.#enter('connecting')
    const socket = new WebSocket(this.options.url, 'room.v1')
    this.#socket = socket
    const mine = (handle: (event: never) => void) => (event: Event) => socket === this.#socket && handle(event as never)
    socket.addEventListener('open', mine(() => this.#hello(takeover)))
    socket.addEventListener('message', mine(({ data }: MessageEvent) => this.#receive(String(data))))
    socket.addEventListener('close', mine(({ code, reason }: CloseEvent) => this.#lost(code, reason)))
    this.#heard(patience)
  }

  /** wake cuts a wait short: the network is back, or somebody is looking. */
  wake(): void {
    if (this.state === 'reconnecting' && !this.#socket) this.open()
  }

  /** request asks and waits for the reply. With again it is asked anew when the connection is lost before: for what can be repeated. */
  request<T = unknown>(type: string, data: unknown = {}, again = false): Promise<T> {
    return new Promise((resolve, reject) => {
      const asked: Asked = { type, data, again, resolve: resolve as (data: unknown) => void, reject }
      if (this.state === 'over' || this.state === 'idle') return reject(new RoomError('lost', 'not connected'))
      const id = ++this.#last
      if (this.state === 'joined') this.#write({ id, type, data })
      else if (!again) return reject(new RoomError('lost', 'not connected'))
      this.#asked.set(id, asked)
    })
  }

  /** send says something that needs no reply. What cannot be said now is not said. */
  send(type: string, data: unknown): void {
    if (this.state === 'joined') this.#write({ type, data })
  }

  /** introduce says something else in the next hello than in the last: a newer token. */
  introduce(more: Record<string, unknown>): void {
    Object.assign(this.options.hello, more)
  }

  /** close ends the conversation here; the server keeps the seat for its grace unless `room.leave` was said before. */
  close(): void {
    this.#end(new RoomError('left', 'closed here'))
  }

  #hello(takeover: boolean): void {
    this.#why = undefined
    const resume = this.session && { ...this.session, seq: this.#seq }
    const data = { ...this.options.hello, ...(resume && { resume }), ...(takeover && { takeover }) }
    const id = ++this.#last
    this.#asked.set(id, { type: 'hello', data, again: false, resolve: (reply) => this.#greeted(reply as Welcome | Waiting), reject: (error) => this.#refused(error) })
    this.#write({ id, type: 'hello', data })
  }

  #greeted(reply: Welcome | Waiting): void {
    this.attempts = 0
    if (reply.state !== 'waiting') return this.#welcomed(reply)
    if (reply.session?.key) this.session = { id: reply.session.id, key: reply.session.key }
    this.#ping = reply.ping_s ?? 20
    this.#enter('waiting')
    this.emit('waiting', reply.waiting ?? { pos: 0 })
  }

  #welcomed(welcome: Welcome): void {
    const { id, key, resumed, snapshot, seq } = welcome.session
    this.session = { id, key: key || this.session?.key || '' }
    if (!resumed || snapshot) this.#seq = seq ?? 0 // else what was missed follows
    this.#ping = welcome.ping_s ?? 20
    this.#enter('joined')
    this.emit('welcome', welcome)
    this.lostAt = 0
    for (const [n, { type, data, again }] of this.#asked) if (again) this.#write({ id: n, type, data })
  }

  #refused(error: RoomError): void {
    if (error.code === 'lost') return
    if (!passing.has(error.code)) return this.#end(error)
    this.#drop()
    this.#retry(error.refusal.retry_after_ms)
  }

  #receive(text: string): void {
    this.#heard(this.#ping * 1000 * silence)
    const message = parse(text)
    if (!message) return
    if (typeof message.re === 'number') return this.#reply(message.re, message)
    if (message.type === 'ping') return this.#write({ type: 'pong' })
    if (message.type === 'lobby.admitted') return this.#welcomed(message.data as Welcome)
    if (message.type === 'lobby.update') return this.emit('waiting', message.data as Place)
    if (typeof message.seq === 'number') {
      if (message.seq <= this.#seq) return // heard before
      this.#seq = message.seq
    }
    if (message.type === 'session.ended') this.#why = message.data as Refusal
    if (typeof message.type === 'string') this.emit('event', { type: message.type, data: message.data ?? {} })
  }

  #reply(id: number, { ok, data, error }: Wire): void {
    const asked = this.#asked.get(id)
    this.#asked.delete(id)
    if (ok) return asked?.resolve(data ?? {})
    asked?.reject(new RoomError(error?.code ?? 'internal', error?.message ?? 'refused', error))
  }

  #lost(code: number, reason: string): void {
    this.#drop()
    const why = final[code]
    if (why) return this.#end(new RoomError(this.#why?.code ?? why, this.#why?.message ?? reason))
    this.#retry()
  }

  #retry(wait?: number): void {
    this.lostAt ||= Date.now()
    this.#enter('reconnecting')
    this.#timer = setTimeout(() => this.open(), wait ?? pause(this.attempts++))
  }

  /** #drop forgets the socket; what was asked on it and cannot be repeated has no answer. */
  #drop(): void {
    clearTimeout(this.#timer)
    clearTimeout(this.#watch)
    const socket = this.#socket
    this.#socket = undefined
    socket?.close()
    for (const [id, asked] of this.#asked) {
      if (asked.again) continue
      this.#asked.delete(id)
      asked.reject(new RoomError('lost', 'the connection was lost'))
    }
  }

  #end(error: RoomError): void {
    if (this.state === 'over') return
    this.#drop()
    for (const asked of this.#asked.values()) asked.reject(error)
    this.#asked.clear()
    this.#enter('over')
    this.emit('over', error)
  }

  #heard(within: number): void {
    clearTimeout(this.#watch)
    this.#watch = setTimeout(() => this.#lost(4408, 'nothing was heard'), within)
  }

  #write(message: object): void {
    if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify(message))
  }

  #enter(state: LinkState): void {
    if (state === this.state) return
    this.state = state
    this.emit('state', state)
  }
}

interface Wire {
  re?: unknown
  ok?: unknown
  type?: unknown
  seq?: unknown
  data?: unknown
  error?: Refusal
}

function parse(text: string): Wire | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Wire) : undefined
  } catch {
    return undefined
  }
}

/** pause gives the waits between attempts: 0.5, 1, 2 … 10 seconds, each shortened by up to half so that a class does not return in step. */
export function pause(attempt: number, random = Math.random()): number {
  return Math.min(longest, 500 * 2 ** Math.min(attempt, 5)) * (1 - random / 2)
}
