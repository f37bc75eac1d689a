// What a room looks like from one seat in it: a value, and the function that takes it from one event to the next.
import type {
  BoardInfo,
  Count,
  Invitation,
  Kind,
  Layout,
  Limits,
  LobbyMember,
  Message,
  OwnHand,
  Policy,
  Poll,
  Quality,
  RaisedHand,
  RoomFacts,
  Rtc,
  Seat,
  Self,
  StandingInvitation,
  Welcome,
} from './roomtypes'

/** Chat lines that are kept; older ones can be asked for again. */
const mostMessages = 500

export interface RoomState {
  self: Self
  rtc: Rtc
  room: RoomFacts
  /** By number: 0 is the content. */
  seats: readonly Seat[]
  /** The epochs whose first picture has come, by seat. */
  shown: Readonly<Record<number, number>>
  hand: OwnHand
  /** Who waits with a hand up, for staff. */
  queue: readonly RaisedHand[]
  /** Who waits outside, for staff, and what they read. */
  lobby: readonly LobbyMember[]
  lobbyText: string
  messages: readonly Message[]
  /** There are older messages than these. */
  more: boolean
  pinned: Message | undefined
  polls: readonly Poll[]
  boards: readonly BoardInfo[]
  /** Loudness of those who speak, 0 to 1, by member. */
  speaking: Readonly<Record<string, number>>
  dominant: string | undefined
  quality: readonly Quality[]
  count: Count
  invited: (Invitation & { until: number }) | undefined
  /** Whom staff has invited and who has not answered yet. */
  invites: readonly string[]
  /** Staff ask to turn this on. */
  asked: Kind | undefined
  /** What this person means to send, as the server knows it. */
  intent: { mic: boolean; camera: boolean; screen: boolean }
  /** What staff has turned off, and whether it may be turned on again here. */
  muted: Readonly<Partial<Record<Kind, { blocked: boolean; ask: boolean }>>>
  limits: Limits
}

/** begin makes the state from a welcome; where a session goes on, it is that of before, to which what was missed follows. */
export function begin(w: Welcome, before: RoomState | undefined, now: number): RoomState | undefined {
  if (!w.self || !w.room) return before && { ...before, rtc: w.rtc, speaking: {}, quality: [] }
  const invited = w.stage?.invited
  return {
    self: w.self,
    rtc: w.rtc,
    room: w.room,
    seats: seated(w.rtc.seats, w.seats ?? []),
    shown: Object.fromEntries((w.seats ?? []).filter(({ state }) => state === 'live').map(({ seat, epoch }) => [seat, epoch])),
    hand: w.hand ?? { raised: false, pos: 0, waiting: 0 },
    queue: w.hand?.queue ?? [],
    lobby: w.lobby?.members ?? [],
    lobbyText: w.lobby?.text ?? '',
    messages: following(before?.messages, w.chat?.messages ?? []),
    more: w.chat?.more ?? false,
    pinned: w.chat?.pinned ?? undefined,
    polls: w.polls ?? [],
    boards: w.boards ?? [],
    speaking: {},
    dominant: undefined,
    quality: [],
    count: w.count ?? { people: w.room.people, stage: 0, hands: 0 },
    invited: invited && { ...invited, until: now + invited.expires_ms },
    invites: members(w.stage?.invites),
    asked: undefined,
    intent: { mic: w.media?.mic ?? false, camera: w.media?.camera ?? false, screen: w.media?.screen ?? false },
    muted: w.media ? silenced(w.media) : {},
    limits: w.limits ?? { chat_chars: 500, danmaku_chars: 40, board_live_per_s: 30 },
  }
}

type Step = (s: RoomState, data: never, now: number) => Partial<RoomState>

/** apply gives the state after an event; types that are not known change nothing. */
export function apply(state: RoomState, type: string, data: unknown, now = Date.now()): RoomState {
  const step = steps[type]
  return step ? { ...state, ...step(state, data as never, now) } : state
}

const steps: Record<string, Step> = {
  'seat.set': (s, seat: Seat) => ({ seats: replaced(s.seats, seat, (one) => one.seat) }),
  'seat.live': (s, { seat, epoch }: { seat: number; epoch: number }) => ({ shown: { ...s.shown, [seat]: epoch } }),
  'self.update': (s, patch: Partial<Self>) => ({ self: { ...s.self, seat: 0, ...patch } }),
  // Another role sees more, or less, than before.
  'room.snapshot': (s, whole: Partial<Welcome>, now) => begin({ ...whole, rtc: s.rtc } as Welcome, s, now) ?? {},
  'room.update': (s, patch: Partial<RoomFacts>) => ({
    room: { ...s.room, ...patch, policy: { ...s.room.policy, ...patch.policy } as Policy, layout: { ...s.room.layout, ...patch.layout } as Layout },
  }),
  'room.count': (s, count: Partial<Count>) => ({ count: { ...s.count, ...count } }),
  'hand.update': (s, { queue, ...own }: Partial<OwnHand> & { queue?: RaisedHand[] | null }) => ({
    hand: own.raised === undefined ? s.hand : { ...s.hand, ...own },
    queue: queue === undefined ? s.queue : (queue ?? []),
  }),
  'stage.invited': (_, invited: Invitation, now) => ({ invited: { ...invited, until: now + invited.expires_ms } }),
  'stage.invites': (_, { invites }: { invites: StandingInvitation[] | null }) => ({ invites: members(invites) }),
  'stage.cancelled': (s, { member }: { member: string }) => ({
    invited: member === s.self.member ? undefined : s.invited,
    invites: s.invites.filter((one) => one !== member),
  }),
  'media.muted': (s, { kind, blocked, ask = false }: { kind: Kind; blocked: boolean; ask?: boolean }) => ({ muted: { ...s.muted, [kind]: { blocked, ask } } }),
  'media.asked': (s, { kind }: { kind: Kind }) => ({ asked: kind, muted: { ...s.muted, [kind]: undefined } }),
  speakers: (_, { active, dominant }: { active: { member: string; level: number }[] | null; dominant?: string }) => ({
    speaking: Object.fromEntries((active ?? []).map(({ member, level }) => [member, Math.max(0, 1 - level / 127)])),
    dominant,
  }),
  quality: (_, { members }: { members: Quality[] | null }) => ({ quality: members ?? [] }),
  'chat.message': (s, message: Message) => {
    const messages = merged(s.messages, [message])
    return { messages: messages.slice(-mostMessages), more: s.more || messages.length > mostMessages }
  },
  // What flies is in the chat too, for those who cannot catch it.
  danmaku: (s, { items }: { items: { msg: string; text: string; member: string; name: string }[] | null }, now) => {
    const lines = (items ?? []).map(({ msg, text, member, name }): Message => ({ msg, text, member, name, role: 'student', at: new Date(now).toISOString(), danmaku: true }))
    const messages = merged(s.messages, lines)
    return { messages: messages.slice(-mostMessages), more: s.more || messages.length > mostMessages }
  },
  'chat.deleted': (s, { msg, all }: { msg?: string; all?: boolean }) => ({
    messages: all ? [] : s.messages.filter((one) => one.msg !== msg),
    more: !all && s.more,
    pinned: all || s.pinned?.msg === msg ? undefined : s.pinned,
  }),
  'chat.pinned': (_, { message }: { message?: Message | null }) => ({ pinned: message ?? undefined }),
  // One's own answer is only in a welcome.
  'poll.update': (s, poll: Poll) => {
    const mine = s.polls.find((one) => one.poll === poll.poll)?.mine
    return { polls: replaced(s.polls, { ...(mine && { mine }), ...poll }, (one) => one.poll) }
  },
  'lobby.list': (s, { members, text }: { members: LobbyMember[] | null; text?: string }) => ({ lobby: members ?? [], lobbyText: text ?? s.lobbyText }),
  'board.ops': (s, { board, ver, ops }: { board: string; ver: number; ops: { t: string; page: number }[] }) => ({
    boards: s.boards.map((one) => (one.id === board ? turned({ ...one, ver }, ops) : one)),
  }),
}

const members = (invites: readonly StandingInvitation[] | null | undefined) => (invites ?? []).map(({ member }) => member)

/** turned follows the page that everybody is shown. */
function turned(board: BoardInfo, ops: { t: string; page: number }[]): BoardInfo {
  const last = ops.findLast(({ t }) => t === 'page')
  return last ? { ...board, page: last.page, pages: Math.max(board.pages, last.page + 1) } : board
}

/** answeredPoll notes what this person has chosen. */
export function answeredPoll(state: RoomState, poll: string, mine: NonNullable<Poll['mine']>): RoomState {
  return { ...state, polls: state.polls.map((one) => (one.poll === poll ? { ...one, mine } : one)) }
}

/** older puts a page of history before the messages that are there. */
export function older(state: RoomState, messages: readonly Message[], more: boolean): RoomState {
  return { ...state, messages: merged(messages, state.messages), more }
}

/** merged joins two runs of messages, each of which is there once. */
function merged(a: readonly Message[], b: readonly Message[]): readonly Message[] {
  const known = new Set(b.map(({ msg }) => msg))
  return [...a.filter(({ msg }) => !known.has(msg)), ...b]
}

/** following keeps what was scrolled back to, where the newest of the server continue it; else there would be a hole. */
function following(before: readonly Message[] = [], now: readonly Message[]): readonly Message[] {
  return before.some(({ msg }) => msg === now[0]?.msg) ? merged(before, now) : now
}

function replaced<T>(all: readonly T[], next: T, key: (one: T) => unknown): readonly T[] {
  const at = all.findIndex((one) => key(one) === key(next))
  return at < 0 ? [...all, next] : all.with(at, next)
}

function seated(seats: number, given: readonly Seat[]): Seat[] {
  return Array.from({ length: seats + 1 }, (_, seat) => given.find((one) => one.seat === seat) ?? { seat, epoch: 0, state: 'free' as const })
}

function silenced({ muted = [], blocked = [] }: NonNullable<Welcome['media']>): RoomState['muted'] {
  const all = [...muted, ...blocked].map((kind) => [kind, { blocked: blocked.includes(kind), ask: muted.includes(kind) }] as const)
  return Object.fromEntries(all)
}

/** mySeat gives the seat of this member among the people; undefined in the audience. */
export function mySeat(s: RoomState): Seat | undefined {
  return s.seats.find((seat) => seat.seat > 0 && seat.state !== 'free' && seat.member?.id === s.self.member)
}

/** sharing tells whether this member's screen is on the seat for content. */
export function sharing(s: RoomState): boolean {
  const content = s.seats[0]
  return content !== undefined && content.state !== 'free' && content.member?.id === s.self.member
}

/** halted tells whether a seat shows nobody just now, although somebody is on it: what was seen last is not how it is. */
export function halted(seat: Seat): boolean {
  return seat.state === 'reconnecting' || (seat.stalled === true && seat.state !== 'free')
}

/** unheard tells whether nobody hears a seat whose microphone is on, while the rest of it goes on. */
export function unheard(seat: Seat): boolean {
  return seat.audio_stalled === true && seat.audio === true && !halted(seat) && seat.state === 'live'
}

/** can tells whether this member has a capability. */
export function can(s: RoomState, cap: string): boolean {
  return s.self.caps.includes(cap)
}
