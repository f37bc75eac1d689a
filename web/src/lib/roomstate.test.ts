import { expect, test } from 'vitest'
import { apply, begin, can, halted, unheard, mySeat, older, sharing, type RoomState } from './roomstate'
import type { Message, Poll, Seat, Welcome } from './roomtypes'

const message = (n: number, more: Partial<Message> = {}): Message => ({ msg: `m${n}`, at: '', member: 'p_2', name: 'Chidi', role: 'student', text: `text ${n}`, ...more })
const seat = (n: number, member: string | null, more: Partial<Seat> = {}): Seat => ({ seat: n, member: member ? { id: member, name: member, role: 'student' } : null, epoch: 1, state: member ? 'live' : 'free', ...more })

const welcome: Welcome = {
  state: 'joined',
  time: '',
  session: { id: 's', key: 'k', grace_s: 120, resumed: false },
  rtc: { ice_servers: [], seats: 3, codec: 'vp8', max_publish_kbps: 1800 },
  self: { member: 'p_9', name: 'Bo', role: 'student', caps: ['hand', 'chat'] },
  room: {
    id: 'math',
    title: 'Algebra',
    state: 'live',
    since: '',
    locked: false,
    policy: { preset: 'lecture', chat: 'all', danmaku: true, unmute: 'ask', roster: 'staff', stage: 'invite', board: 'staff', lobby: false, slow_s: 0, private_chat: false, links: false, unattended_min: 15 },
    layout: { mode: 'content', spotlight: '', keep: [] },
    people: 3,
  },
  seats: [seat(0, null), seat(1, 'p_1', { epoch: 4 })],
  chat: { messages: [message(1), message(2)], more: true },
  boards: [{ id: 'b1', page: 0, pages: 1, ver: 3 }],
}

const start = (more: Partial<Welcome> = {}, before?: RoomState) => begin({ ...welcome, ...more }, before, 1000)!
const after = (...events: [string, unknown][]) => events.reduce((state, [type, data]) => apply(state, type, data, 1000), start())

test('a welcome is the whole room', () => {
  const state = start()
  expect(state.seats.map(({ seat, state }) => [seat, state])).toEqual([[0, 'free'], [1, 'live'], [2, 'free'], [3, 'free']])
  expect(state.shown, 'what was live before is to be seen').toEqual({ 1: 4 })
  expect(state.hand).toEqual({ raised: false, pos: 0, waiting: 0 })
  expect(can(state, 'hand')).toBe(true)
  expect(can(state, 'moderate')).toBe(false)
  expect(mySeat(state)).toBeUndefined()
})

test('a session that goes on is the room of before', () => {
  const before = apply(start(), 'chat.message', message(3))
  const { self: _, room: __, seats: ___, chat: ____, ...short } = welcome
  expect(begin({ ...short, session: { ...short.session, resumed: true } }, before, 0)).toMatchObject({ messages: before.messages, seats: before.seats, self: before.self })
  expect(begin(short, undefined, 0)).toBeUndefined()
})

test('a snapshot keeps what was scrolled back to, unless there would be a hole', () => {
  const before = older(start(), [message(-1), message(0)], false)
  expect(start({ chat: { messages: [message(2), message(3)], more: true } }, before).messages.map(({ msg }) => msg)).toEqual(['m-1', 'm0', 'm1', 'm2', 'm3'])
  expect(start({ chat: { messages: [message(8), message(9)], more: true } }, before).messages.map(({ msg }) => msg)).toEqual(['m8', 'm9'])
})

test('seats change hands', () => {
  const state = after(['seat.set', seat(2, 'p_9', { epoch: 7, state: 'reserved' })])
  expect(mySeat(state)?.seat).toBe(2)
  expect(state.shown[2]).toBeUndefined()
  expect(apply(state, 'seat.live', { seat: 2, epoch: 7 }).shown[2]).toBe(7)
  expect(mySeat(apply(state, 'seat.set', seat(2, null, { epoch: 8 })))).toBeUndefined()
  expect(sharing(apply(state, 'seat.set', seat(0, 'p_9')))).toBe(true)
  expect(mySeat(after(['seat.set', seat(0, 'p_9')])), 'a shared screen is no seat').toBeUndefined()
})

test('hands: one’s own, and the queue for staff', () => {
  const queue = [{ member: 'p_2', name: 'Chidi', since: '', mood: 'question' }]
  expect(after(['hand.update', { raised: true, pos: 2, waiting: 5 }]).hand).toEqual({ raised: true, pos: 2, waiting: 5 })
  expect(after(['hand.update', { queue }]).queue).toEqual(queue)
  expect(after(['hand.update', { queue }], ['hand.update', { raised: false, pos: 0, waiting: 0 }]).queue, 'kept').toEqual(queue)
  expect(after(['hand.update', { queue }], ['hand.update', { queue: null }]).queue).toEqual([])
})

test('an invitation stands until it is cancelled, others’ do not matter', () => {
  const invited = { by: { id: 'p_1', name: 'Ada', role: 'teacher' }, media: ['mic'], expires_ms: 30_000 }
  const state = after(['stage.invited', invited])
  expect(state.invited?.until).toBe(31_000)
  expect(apply(state, 'stage.cancelled', { member: 'p_2', reason: 'expired' }).invited).toBeDefined()
  expect(apply(state, 'stage.cancelled', { member: 'p_9', reason: 'expired' }).invited).toBeUndefined()
})

test('what staff turns off is known, until staff asks to turn it on', () => {
  const state = after(['media.muted', { kind: 'audio', blocked: false, ask: true }])
  expect(state.muted.audio).toEqual({ blocked: false, ask: true })
  const asked = apply(state, 'media.asked', { kind: 'audio' })
  expect(asked.asked).toBe('audio')
  expect(asked.muted.audio).toBeUndefined()
})

test('chat: once each, deleted, cleared, pinned', () => {
  const state = after(['chat.message', message(3)], ['chat.message', message(3)])
  expect(state.messages.map(({ msg }) => msg)).toEqual(['m1', 'm2', 'm3'])
  expect(apply(state, 'chat.deleted', { msg: 'm2' }).messages.map(({ msg }) => msg)).toEqual(['m1', 'm3'])
  const pinned = apply(state, 'chat.pinned', { message: message(2) })
  expect(pinned.pinned?.msg).toBe('m2')
  expect(apply(pinned, 'chat.deleted', { msg: 'm2' }).pinned).toBeUndefined()
  expect(apply(pinned, 'chat.pinned', { message: null }).pinned).toBeUndefined()
  expect(apply(pinned, 'chat.deleted', { all: true })).toMatchObject({ messages: [], pinned: undefined, more: false })
})

test('what flies is in the chat too', () => {
  const state = after(['danmaku', { items: [{ msg: 'm9', text: 'wow', lane: 'roll', member: 'p_2', name: 'Chidi' }], dropped: 3 }], ['danmaku', { items: null, dropped: 1 }])
  expect(state.messages.at(-1)).toMatchObject({ msg: 'm9', text: 'wow', danmaku: true })
  expect(state.messages).toHaveLength(3)
})

test('a long chat does not grow for ever', () => {
  let state = start({ chat: { messages: [], more: false } })
  for (let n = 0; n < 1200; n++) state = apply(state, 'chat.message', message(n))
  expect(state.messages).toHaveLength(500)
  expect(state.messages.at(-1)?.msg).toBe('m1199')
  expect(state.more).toBe(true)
})

test('a poll keeps one’s own answer, which its updates do not have', () => {
  const poll: Poll = { poll: 'q', q: '?', options: ['a', 'b'], state: 'open', at: '', voted: 0, mine: { choice: [1] } }
  const state = begin({ ...welcome, polls: [poll] }, undefined, 0)!
  expect(apply(state, 'poll.update', { poll: 'q', q: '?', options: ['a', 'b'], state: 'closed', at: '', voted: 3 }).polls).toMatchObject([{ state: 'closed', mine: { choice: [1] } }])
})

test('the room changes piece by piece', () => {
  const state = after(['room.update', { locked: true }], ['room.update', { policy: { ...welcome.room!.policy, slow_s: 5 } }], ['room.count', { people: 8, stage: 1, hands: 0 }])
  expect(state.room).toMatchObject({ title: 'Algebra', locked: true, policy: { slow_s: 5 } })
  expect(state.count.people).toBe(8)
})

test('the board turns its pages', () => {
  expect(after(['board.ops', { board: 'b1', ver: 5, by: 'p_1', ops: [{ t: 'page', page: 1 }] }]).boards).toEqual([{ id: 'b1', page: 1, pages: 2, ver: 5 }])
})

test('who speaks, as loud as it is', () => {
  expect(after(['speakers', { active: [{ member: 'p_1', level: 0 }], dominant: 'p_1' }])).toMatchObject({ speaking: { p_1: 1 }, dominant: 'p_1' })
  expect(after(['speakers', { active: null }]).speaking).toEqual({})
})

test('what is not known changes nothing', () => {
  const state = start()
  expect(apply(state, 'x.new', { anything: 1 })).toBe(state)
})

test('a seat that stalls shows nobody until it goes on', () => {
  const seat = { seat: 1, member: null, epoch: 3, state: 'live' as const }
  expect([halted(seat), halted({ ...seat, stalled: true }), halted({ ...seat, state: 'reconnecting' }), halted({ ...seat, state: 'free', stalled: true })]).toEqual([false, true, true, false])
})

test('a microphone of which nothing comes is missed only where it is on and the rest goes on', () => {
  const seat = { seat: 1, member: null, epoch: 3, state: 'live' as const, audio: true, audio_stalled: true }
  const others = [{ ...seat, audio_stalled: false }, { ...seat, audio: false }, { ...seat, stalled: true }, { ...seat, state: 'reconnecting' as const }]
  expect([seat, ...others].map(unheard)).toEqual([true, false, false, false, false])
})

test('staff sees who is invited, and no longer who is not', () => {
  const invited = after(['stage.invites', { invites: [{ member: 'p_2' }, { member: 'p_3' }] }])
  expect(invited.invites).toEqual(['p_2', 'p_3'])
  expect(apply(invited, 'stage.invites', { invites: null }).invites).toEqual([])
  expect(start({ stage: { invites: [{ member: 'p_4' }] } }).invites).toEqual(['p_4'])
})

test('another role is the whole room again, and keeps the connection’s numbers', () => {
  const { self, room, seats } = welcome
  const state = after(['room.snapshot', { self: { ...self, role: 'assistant', caps: ['moderate'] }, room, seats, hand: { raised: false, pos: 0, waiting: 1, queue: [{ member: 'p_2', name: 'Chidi', since: '', mood: 'question' }] } }])
  expect(state.self.role).toBe('assistant')
  expect(state.queue).toHaveLength(1)
  expect(state.rtc).toEqual(welcome.rtc)
})
