// A classroom (room.v1): one person in it, what there is to be seen, and what can be done. Without a page, without a framework:
//
//     const room = new Room({ url: 'wss://HOST/api/v1/rooms/math/ws', name: 'student A', token })
//     room.on('state', (state) => console.log(state.seats, state.messages))
//     room.on('over', (why) => console.log(why.code))
//     room.join()
//     video.srcObject = room.streams[1]
//
// It needs WebSocket, RTCPeerConnection and MediaStream.
import { Emitter } from './emitter'
import { RoomError, RoomLink, type LinkState } from './roomlink'
import { SeatsPeer, StagePeer, type Source } from './roompeer'
import { answeredPoll, apply, begin, mySeat, older, sharing, type RoomState } from './roomstate'
import { Renewal } from './roomtoken'
import type { Kind, Message, Place, Rtc, Welcome } from './roomtypes'

export { RoomError, type LinkState } from './roomlink'
export { sources, type Source } from './roompeer'
export * from './roomstate'
export type * from './roomtypes'

export interface RoomOptions {
  /** wss://HOST/api/v1/rooms/ID/ws */
  url: string
  name?: string | undefined
  token?: string | undefined
  /**
   * Gives a newer token of the same person, before the one that the session has is over; undefined when there is none.
   * The session goes on without; when it is not there any more, coming in anew needs a token that is good.
   */
  refresh?: (() => Promise<string | undefined>) | undefined
  invite?: string | undefined
  password?: string | undefined
  /** A session of before, to go on with after a reload. */
  session?: { id: string; key: string } | undefined
  device?: 'desktop' | 'mobile'
}

export interface RoomEvents {
  /** Something has changed in what there is to be seen. */
  state: RoomState
  link: LinkState
  /** In front of the door, with one's place in the line. */
  waiting: Place
  /** Back in the room after so many milliseconds. */
  back: number
  /** Everything the server says, also what state has no place for: danmaku, reactions, board.ops … */
  event: { type: string; data: unknown }
  /** The seat on stage is gone: whoever captures can stop. */
  offstage: void
  /** The way of the media: sub is watching, pub is being on stage. */
  media: { pc: 'sub' | 'pub'; state: string }
  trouble: RoomError
  over: RoomError
}

/** What a person means to send, by the kind that staff turns off. */
const mediumOf = { audio: 'mic', video: 'camera', screen: 'screen' } as const

const features = ['danmaku', 'board', 'polls']

export class Room extends Emitter<RoomEvents> {
  state: RoomState | undefined
  readonly #link: RoomLink
  #sub: SeatsPeer | undefined
  #pub: StagePeer | undefined
  #given = new Map<Source, MediaStreamTrack>()
  #intent: Record<'mic' | 'camera' | 'screen', boolean> = { mic: false, camera: false, screen: false }
  readonly #renewal: Renewal | undefined
  #ahead = 0 // how far the server's clock is before the one here, ms

  constructor(options: RoomOptions) {
    super()
    const { url, session, name, token, invite, password, refresh, device = 'desktop' } = options
    const hello = { ...(token && { token }), ...(invite && { invite }), ...(password && { password }), ...(!token && !invite && !password && { guest: true }), ...(name && { name }), client: { name: 'lectern-web', ver: '1' }, features, device }
    this.#link = new RoomLink({ url, hello, session })
    this.#renewal = refresh && new Renewal({ refresh, send: (newer) => this.#renew(newer) })
    this.#link.on('state', (state) => this.emit('link', state))
    this.#link.on('waiting', (waiting) => this.emit('waiting', waiting))
    this.#link.on('welcome', (welcome) => this.#welcomed(welcome))
    this.#link.on('event', ({ type, data }) => this.#happened(type, data))
    this.#link.on('over', (error) => this.#over(error))
  }

  /** What each seat shows, by its number; the same objects for as long as this person is in the room. */
  get streams(): readonly MediaStream[] {
    return this.#sub?.streams ?? []
  }

  get link(): LinkState {
    return this.#link.state
  }

  get session(): { id: string; key: string } | undefined {
    return this.#link.session
  }

  /** The present connections, for statistics. */
  get pcs(): { sub: RTCPeerConnection | undefined; pub: RTCPeerConnection | undefined } {
    return { sub: this.#sub?.pc, pub: this.#pub?.pc }
  }

  /** join enters; takeover moves a session here that is open on another device. */
  join(takeover = false): void {
    this.#link.open(takeover)
  }

  /** wake cuts waits short: the network is back. */
  wake(): void {
    this.#link.wake()
  }

  /** leave goes for good; the seat is free at once. */
  leave(): void {
    this.#link.send('room.leave', {})
    this.#link.close()
  }

  /** ask makes any request; with again it survives a lost connection, which only suits what may arrive twice. */
  ask<T = unknown>(type: string, data: unknown = {}, again = false): Promise<T> {
    return this.#link.request<T>(type, data, again)
  }

  /** tell says what may be lost: ink in progress, a report. */
  tell(type: string, data: unknown): void {
    this.#link.send(type, data)
  }

  /** say sends a line of chat: to all, to "staff", or to a member. It is sent once, also when the connection breaks meanwhile. */
  say(text: string, to?: string, replyTo?: string): Promise<{ msg: string }> {
    return this.ask('chat.send', { text, nonce: crypto.randomUUID(), ...(to && { to }), ...(replyTo && { reply_to: replyTo }) }, true)
  }

  /** history loads the messages before the oldest one that is there. */
  async history(): Promise<void> {
    const before = this.state?.messages[0]?.msg
    const page = await this.ask<{ messages: Message[]; more: boolean }>('chat.history', { ...(before && { before }), limit: 100 })
    if (this.state) this.#set(older(this.state, page.messages, page.more))
  }

  /** accept takes the invitation; what give was told is sent from then on. */
  async accept(): Promise<void> {
    this.#answered()
    await this.ask('stage.accept', {})
  }

  async decline(): Promise<void> {
    this.#answered()
    await this.ask('stage.decline', {})
  }

  /** vote answers a poll, by the numbers of its options or in words; an answer can be changed while the poll is open. */
  async vote(poll: string, answer: { choice?: number[]; text?: string }): Promise<void> {
    await this.ask('poll.vote', { poll, ...answer }, true)
    if (this.state) this.#set(answeredPoll(this.state, poll, answer))
  }

  /** answered forgets what staff asked of this person's microphone or camera. */
  answered(): void {
    if (this.state?.asked) this.#set({ ...this.state, asked: undefined })
  }

  /** give captures go here: a track for each source, or none any more. It is sent while there is a seat, and only then. */
  async give(source: Source, track: MediaStreamTrack | undefined): Promise<void> {
    if (track) this.#given.set(source, track)
    else this.#given.delete(source)
    await this.#pub?.give(source, track)
    this.#settle()
  }

  /** show says what this person wants to be seen and heard of. Rejects when the room does not allow it; nothing changes then. */
  async show(wanted: Partial<Record<'mic' | 'camera' | 'screen', boolean>>): Promise<void> {
    const next = { ...this.#intent, ...wanted }
    await this.ask('media.state', next)
    this.#intent = next
  }

  /** prefer tells the server which seats are wanted how large: { seat, video: "off" | "l" | "m" | "h", audio }. */
  prefer(seats: { seat: number; video?: string; audio?: boolean }[], saver = false): void {
    void this.ask('sub.prefs', { seats, saver }).catch(() => undefined) // they are told again with the next change
  }

  #answered(): void {
    if (this.state) this.#set({ ...this.state, invited: undefined })
  }

  /** #renew brings a newer token, which a later hello has too; also while there is nobody to bring it to. */
  async #renew(token: string): Promise<number | undefined> {
    const { expires } = await this.ask<{ expires?: string }>('token.refresh', { token }).catch((error: RoomError) => {
      if (error.code === 'lost') this.#link.introduce({ token })
      throw error
    })
    this.#link.introduce({ token })
    return expires === undefined ? undefined : Date.parse(expires) - Date.now() - this.#ahead
  }

  #welcomed(welcome: Welcome): void {
    this.#ahead = Date.parse(welcome.time) - Date.now() || 0
    const { expires } = welcome.session
    this.#renewal?.until(expires === undefined ? undefined : Date.parse(expires) - Date.parse(welcome.time))
    const away = this.state && this.#link.lostAt ? Date.now() - this.#link.lostAt : 0
    const state = begin(welcome, this.state, Date.now())
    if (!state) return this.#over(new RoomError('protocol', 'a welcome without a room'))
    this.#set(state)
    if (welcome.media) this.#intent = state.intent
    const known = welcome.session.resumed
    if (!this.#sub) this.#receive(welcome.rtc)
    else if (known) this.#sub.check()
    else this.#sub.open(welcome.rtc)
    if (known) this.#pub?.check()
    else this.#unpublish()
    this.#settle()
    if (away) this.emit('back', away)
  }

  #receive(rtc: Rtc): void {
    this.#sub?.close()
    this.#sub = new SeatsPeer((type, data) => this.ask(type, data), rtc)
    this.#sub.on('state', (state) => this.emit('media', { pc: 'sub', state }))
    this.#sub.on('refused', (error) => this.emit('trouble', error))
    this.#sub.open()
  }

  #happened(type: string, data: unknown): void {
    if (type === 'rtc.need' && this.state) this.#receive({ ...this.state.rtc, seats: (data as { seats: number }).seats })
    if (type === 'rtc.state' && (data as { state: string }).state === 'failed') (data as { pc: string }).pc === 'pub' ? this.#pub?.open() : this.#sub?.open()
    if (type === 'media.muted') this.#silenced((data as { kind: Kind }).kind)
    if (this.state) this.#set(apply(this.state, type, data))
    this.#settle()
    this.emit('event', { type, data })
  }

  #silenced(kind: Kind): void {
    this.#intent = { ...this.#intent, [mediumOf[kind]]: false }
  }

  /** #settle has a connection for sending exactly while there is a seat and something to send on it. */
  #settle(): void {
    const state = this.state
    if (!state || this.#link.state !== 'joined') return
    const staged = mySeat(state) !== undefined || sharing(state)
    if (staged && this.#given.size > 0 && !this.#pub) this.#publish(state)
    if (!staged && this.#pub) this.#unpublish(true)
  }

  #publish(state: RoomState): void {
    const pub = new StagePeer((type, data) => this.ask(type, data), state.rtc)
    this.#pub = pub
    pub.on('state', (now) => this.emit('media', { pc: 'pub', state: now }))
    pub.on('refused', (error) => this.emit('trouble', error))
    for (const [source, track] of this.#given) void pub.give(source, track)
    pub.open()
  }

  #unpublish(gone = false): void {
    this.#pub?.close()
    this.#pub = undefined
    if (!gone) return
    this.#given.clear()
    this.#intent = { mic: false, camera: false, screen: false }
    this.emit('offstage', undefined)
  }

  #over(error: RoomError): void {
    this.#renewal?.stop()
    this.#pub?.close()
    this.#sub?.close()
    this.#pub = this.#sub = undefined
    this.emit('over', error)
  }

  #set(state: RoomState): void {
    this.state = state
    this.emit('state', state)
  }
}
