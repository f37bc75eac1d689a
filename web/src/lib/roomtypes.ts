// What travels in room.v1. Fields may be added at any time: whoever reads ignores what it does not know.

export type Role = 'teacher' | 'assistant' | 'student' | 'observer'
export type Kind = 'audio' | 'video' | 'screen'

/** Person is how others are named. */
export interface Person {
  id: string
  name: string
  role: Role
}

export interface Seat {
  /** 0 is the shared content, 1 and up are people. */
  seat: number
  member?: Person | null
  /** The live stream that is on the seat, instead of a person. */
  stream?: string
  /** "camera", "screen" or "stream"; "" when the seat is free. */
  source?: string
  audio?: boolean
  video?: boolean
  /** Grows with everybody who takes the seat, and with every new connection on it. */
  epoch: number
  state: 'reserved' | 'live' | 'reconnecting' | 'free'
  /** What should come does not: the last picture is not how it is now. */
  stalled?: boolean
  /** No sound comes of a microphone that is on: nobody hears who speaks. */
  audio_stalled?: boolean
}

export type Preset = 'lecture' | 'seminar' | 'exam' | 'open' | 'broadcast' | 'custom'

export interface Policy {
  preset: Preset
  chat: 'all' | 'staff' | 'off'
  danmaku: boolean
  unmute: 'free' | 'ask'
  roster: 'all' | 'staff'
  stage: 'invite' | 'free'
  board: 'staff' | 'stage' | 'all'
  lobby: boolean
  /** Seconds between two messages of one person. */
  slow_s: number
  private_chat: boolean
  links: boolean
  unattended_min: number
}

export interface Layout {
  mode: 'content' | 'grid'
  spotlight: string
  keep: string[] | null
}

export interface RoomFacts {
  id: string
  title: string
  state: 'idle' | 'live' | 'unattended' | 'ended'
  since: string
  locked: boolean
  policy: Policy
  layout: Layout
  people: number
}

export interface Message {
  msg: string
  at: string
  member: string
  name: string
  role: Role
  text: string
  /** "staff" or a member, when it is not for everybody. */
  to?: string
  reply_to?: string
  /** It flew over the stage. */
  danmaku?: boolean
}

export interface Self {
  member: string
  name: string
  role: Role
  caps: string[]
  /** From 1; 0 or nothing in the audience. */
  seat?: number
}

/** RaisedHand is one of the queue. */
export interface RaisedHand {
  member: string
  name: string
  since: string
  mood: string
  note?: string
  /** The person's connection is gone, the place is kept. */
  lost?: boolean
}

export interface OwnHand {
  raised: boolean
  /** Place in the queue, from 1; 0 while the hand is down. */
  pos: number
  waiting: number
}

export interface LobbyMember {
  member: string
  name: string
  since: string
  guest?: boolean
  lost?: boolean
}

/** Member is a person as lists show one. */
export interface Member {
  member: string
  name: string
  role: Role
  since: string
  hand?: boolean
  seat?: number
  lost?: boolean
  quality?: string
  device?: string
  guest?: boolean
  blocked?: string[]
  board?: boolean
}

export interface PeoplePage {
  people: Member[]
  cursor?: string
  total: number
}

export interface Poll {
  poll: string
  q: string
  options?: string[]
  multi?: boolean
  anonymous?: boolean
  state: 'open' | 'closed' | 'published'
  at: string
  ends?: string
  voted: number
  /** Answers by option: for staff, and for all once published. */
  tally?: number[]
  /** Answers in words. */
  words?: { text: string; n: number }[]
  correct?: number[]
  /** Who has not answered, for staff. */
  missing?: Person[]
  mine?: { choice?: number[]; text?: string }
}

export interface Rtc {
  ice_servers: RTCIceServer[] | null
  /** Seats for people; the content has one besides. */
  seats: number
  /** vp8, h264 … */
  codec: string
  max_publish_kbps: number
}

export interface Limits {
  chat_chars: number
  danmaku_chars: number
  board_live_per_s: number
}

export interface Count {
  people: number
  stage: number
  hands: number
  waiting?: number
}

export interface BoardInfo {
  id: string
  /** Shown to everybody, from 0. */
  page: number
  pages: number
  ver: number
}

export interface Invitation {
  by: Person
  media: string[]
  expires_ms: number
}

/** StandingInvitation is one that staff waits for an answer to. */
export interface StandingInvitation {
  member: string
}

export interface Welcome {
  state: 'joined'
  time: string
  session: { id: string; key: string; grace_s: number; resumed: boolean; snapshot?: boolean; seq?: number; expires?: string }
  rtc: Rtc
  ping_s?: number
  features?: string[]
  /** Left out, as all that follows, when a session goes on: what was missed comes as events. */
  self?: Self
  room?: RoomFacts
  seats?: Seat[]
  stage?: { invited?: Invitation; invites?: StandingInvitation[] | null }
  hand?: OwnHand & { queue?: RaisedHand[] }
  media?: { mic: boolean; camera: boolean; screen: boolean; muted?: Kind[]; blocked?: Kind[] }
  chat?: { messages: Message[]; more: boolean; pinned?: Message | null }
  polls?: Poll[]
  boards?: BoardInfo[]
  lobby?: { members: LobbyMember[]; text: string }
  limits?: Limits
  count?: Count
}

export interface Waiting {
  state: 'waiting'
  session?: { id: string; key: string }
  waiting?: Place
  ping_s?: number
}

/** Place is what one who waits to be let in sees. */
export interface Place {
  pos: number
  message?: string
}

export interface Quality {
  member: string
  dir: 'up' | 'down'
  score: 'good' | 'fair' | 'poor' | 'lost'
  hint?: string
}

/** Refusal is the error of a reply; code is one of a small set that only grows. */
export interface Refusal {
  code: string
  message: string
  hint?: string
  field?: string
  retry_after_ms?: number
}

/** PublicFacts are what anybody may know of a room before joining. */
export interface PublicFacts {
  name: string
  title: string
  state: RoomFacts['state']
  locked?: boolean
  lobby?: boolean
  auth?: string[]
  people?: number
  seats?: number
}

/** ClassReport is what a teacher takes home of a class: the numbers over all, and each person's. */
export interface ClassReport {
  room: string
  title: string
  state: 'live' | 'ended' | 'none'
  began?: string
  ended?: string
  /** That it lasted, so far. */
  seconds: number
  totals: { people: number; most: number; hands: number; messages: number; polls: number; answers: number }
  people: ReportedPerson[] | null
  polls: (Poll & { right?: number })[] | null
}

export interface ReportedPerson {
  member: string
  name: string
  role: Role
  /** Nobody vouches for the name. */
  unverified: boolean
  first: string
  last: string
  /** There, without the time away. */
  seconds: number
  percent: number
  stage_seconds: number
  hands: number
  messages: number
  /** To polls, of those that there were. */
  answers: number
  asked: number
  /** Of the answers to polls with a right one. */
  right: number
  scored: number
}
