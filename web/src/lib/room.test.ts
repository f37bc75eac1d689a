import { beforeEach, expect, test, vi } from 'vitest'
import { answer, browser, FakePeer, FakeSocket, settle } from './fakes'
import { Room } from './room'

beforeEach(() => void browser())

interface Sent {
  id: number
  type: string
  data: Record<string, unknown>
}

const seat = (n: number, member: string | null, state = member ? 'live' : 'free') => ({ seat: n, member: member && { id: member, name: member, role: 'student' }, source: '', audio: false, video: false, epoch: 1, state })
const welcome = (more = {}) => ({
  state: 'joined',
  session: { id: 's', key: 'k', grace_s: 120, resumed: false, seq: 0 },
  rtc: { ice_servers: [{ urls: ['stun:x'] }], seats: 2, codec: 'vp8', max_publish_kbps: 1800 },
  ping_s: 20,
  self: { member: 'p_9', name: 'Bo', role: 'student', caps: ['hand', 'chat'] },
  room: { id: 'math', title: '', state: 'live', since: '', locked: false, policy: {}, layout: { mode: 'content', spotlight: '', keep: [] }, people: 1 },
  seats: [seat(0, null), seat(1, 'p_1'), seat(2, null)],
  ...more,
})

const sent = (type: string) => (FakeSocket.last.sent as Sent[]).filter((one) => one.type === type)
const track = (kind: string) => ({ kind, enabled: true, contentHint: '', stop: () => undefined }) as unknown as MediaStreamTrack

async function enter(more = {}): Promise<Room> {
  const room = new Room({ url: 'wss://lectern.test/api/v1/rooms/math/ws', name: 'Bo' })
  room.join()
  FakeSocket.last.open()
  FakeSocket.last.reply(welcome(more))
  await settle()
  return room
}

/** grant answers the last request of a type. */
async function grant(type: string, data: unknown = {}): Promise<void> {
  FakeSocket.last.reply(data, sent(type).at(-1)!.id)
  await settle()
}

async function stage(room: Room): Promise<FakePeer> {
  await room.give('mic', track('audio'))
  const accepted = room.accept()
  await grant('stage.accept', { seat: 2, caps: [] })
  await accepted
  FakeSocket.last.say({ seq: 1, type: 'seat.set', data: seat(2, 'p_9', 'reserved') })
  await settle()
  return FakePeer.last
}

test('one connection takes all seats, two m-lines each, in their order', async () => {
  const room = await enter()
  const [offer] = sent('rtc.offer') as [Sent]
  expect(offer.data).toMatchObject({ pc: 'sub' })
  expect(FakePeer.last.transceivers.map(({ kind, init }) => [kind, init.direction])).toEqual(Array(3).fill([['audio', 'recvonly'], ['video', 'recvonly']]).flat())
  await grant('rtc.offer', { sdp: answer() })
  expect(FakePeer.last.remoteDescription?.type).toBe('answer')
  expect(room.streams).toHaveLength(3)
})

test('who comes and goes on stage costs no offer', async () => {
  const room = await enter()
  await grant('rtc.offer', { sdp: answer() })
  const streams = [...room.streams]
  for (let n = 1; n <= 50; n++) FakeSocket.last.say({ seq: n, type: 'seat.set', data: { ...seat(2, n % 2 ? 'p_3' : null), epoch: n } })
  await settle()
  expect(sent('rtc.offer')).toHaveLength(1)
  expect([...room.streams]).toEqual(streams)
})

test('a connection that fails is offered anew, into the same streams', async () => {
  const room = await enter()
  await grant('rtc.offer', { sdp: answer() })
  const streams = [...room.streams]
  const before = streams[1]!.getTracks()
  FakePeer.last.become('connected')
  FakePeer.last.become('failed')
  await vi.advanceTimersByTimeAsync(600)
  expect(FakePeer.all).toHaveLength(2)
  expect(FakePeer.all[0]!.connectionState).toBe('closed')
  expect(sent('rtc.offer')).toHaveLength(2)
  expect([...room.streams]).toEqual(streams)
  expect(streams[1]!.getTracks()).toHaveLength(2)
  expect(streams[1]!.getTracks()[0]).not.toBe(before[0])
})

test('a socket that is lost leaves the media alone', async () => {
  const room = await enter()
  await grant('rtc.offer', { sdp: answer() })
  FakePeer.last.become('connected')
  const back: number[] = []
  room.on('back', (ms) => back.push(ms))
  FakeSocket.last.lose(1006)
  await vi.advanceTimersByTimeAsync(600)
  FakeSocket.last.open()
  FakeSocket.last.reply({ ...welcome(), self: undefined, room: undefined, session: { id: 's', key: '', grace_s: 120, resumed: true } })
  await settle()
  expect(FakePeer.all).toHaveLength(1)
  expect(back).toHaveLength(1)
  expect(back[0]).toBeGreaterThan(0)
})

test('a session that the server has forgotten offers again', async () => {
  await enter()
  await grant('rtc.offer', { sdp: answer() })
  FakePeer.last.become('connected')
  FakeSocket.last.lose(1006)
  await vi.advanceTimersByTimeAsync(600)
  FakeSocket.last.open()
  FakeSocket.last.reply(welcome())
  await settle()
  expect(sent('rtc.offer')).toHaveLength(1)
  expect(FakePeer.all).toHaveLength(2)
})

test('nothing is sent before there is a seat; then it is said what each m-line is', async () => {
  const room = await enter()
  await room.give('mic', track('audio'))
  await settle()
  expect(FakePeer.all).toHaveLength(1)
  await stage(room)
  expect(FakePeer.all).toHaveLength(2)
  const { data } = sent('rtc.offer').at(-1)!
  expect(data['pc']).toBe('pub')
  expect((data['tracks'] as { kind: string; source: string }[]).map(({ kind, source }) => `${source} ${kind}`)).toEqual(['mic audio', 'camera video', 'screen video', 'screen audio'])
})

test('a camera that comes later needs no new offer', async () => {
  const room = await enter()
  const pub = await stage(room)
  const camera = track('video')
  await room.give('camera', camera)
  expect(pub.transceivers[1]!.sender.track).toBe(camera)
  expect(sent('rtc.offer').filter(({ data }) => data['pc'] === 'pub')).toHaveLength(1)
})

test('a seat that is taken away ends the sending, and says so', async () => {
  const room = await enter()
  const pub = await stage(room)
  let offstage = 0
  room.on('offstage', () => offstage++)
  FakeSocket.last.say({ seq: 2, type: 'seat.set', data: seat(2, null) })
  await settle()
  expect(pub.connectionState).toBe('closed')
  expect(offstage).toBe(1)
})

test('what the room does not allow does not count as wanted', async () => {
  const room = await enter()
  await stage(room)
  const refused = room.show({ mic: true })
  FakeSocket.last.say({ re: sent('media.state').at(-1)!.id, ok: false, error: { code: 'forbidden', message: 'muted' } })
  await expect(refused).rejects.toMatchObject({ code: 'forbidden' })
  void room.show({ camera: true })
  expect(sent('media.state').at(-1)!.data).toEqual({ mic: false, camera: true, screen: false })
})

test('a microphone that staff turned off is not turned on by the next word about the camera', async () => {
  const room = await enter()
  await stage(room)
  const on = room.show({ mic: true })
  await grant('media.state')
  await on
  FakeSocket.last.say({ seq: 5, type: 'media.muted', data: { kind: 'audio', by: {}, blocked: false, ask: true } })
  void room.show({ camera: true })
  expect(sent('media.state').at(-1)!.data).toEqual({ mic: false, camera: true, screen: false })
})

test('an end closes everything', async () => {
  const room = await enter()
  await stage(room)
  const why: string[] = []
  room.on('over', ({ code }) => why.push(code))
  FakeSocket.last.lose(4403, 'enough')
  expect(why).toEqual(['removed'])
  expect(FakePeer.all.map(({ connectionState }) => connectionState)).toEqual(['closed', 'closed'])
})

test('a newer token is brought in time, and a later hello has it too', async () => {
  const time = new Date().toISOString()
  const at = (ms: number) => new Date(Date.now() + ms).toISOString()
  const room = new Room({ url: 'wss://lectern.test/api/v1/rooms/math/ws', token: 'first', refresh: async () => 'second' })
  room.join()
  FakeSocket.last.open()
  FakeSocket.last.reply(welcome({ time, session: { id: 's', key: 'k', grace_s: 120, resumed: false, seq: 0, expires: at(60_000) } }))
  await settle()
  await vi.advanceTimersByTimeAsync(31_000)
  expect(sent('token.refresh').map(({ data }) => data)).toEqual([{ token: 'second' }])
  await grant('token.refresh', { role: 'student', caps: [], expires: at(600_000) })
  FakeSocket.last.lose(1006)
  await vi.advanceTimersByTimeAsync(600)
  FakeSocket.last.open()
  expect(sent('hello')[0]!.data).toMatchObject({ token: 'second', resume: { id: 's' } })
})

test('a newer token that comes while the connection is lost is in the next hello', async () => {
  const time = new Date().toISOString()
  const expires = new Date(Date.now() + 60_000).toISOString()
  let bring: (token: string) => void = () => undefined
  const room = new Room({ url: 'wss://lectern.test/api/v1/rooms/math/ws', token: 'first', refresh: () => new Promise((resolve) => (bring = resolve)) })
  room.join()
  FakeSocket.last.open()
  FakeSocket.last.reply(welcome({ time, session: { id: 's', key: 'k', grace_s: 120, resumed: false, seq: 0, expires } }))
  await settle()
  await vi.advanceTimersByTimeAsync(31_000)
  FakeSocket.last.lose(1006)
  bring('second')
  await vi.advanceTimersByTimeAsync(600)
  FakeSocket.last.open()
  expect(sent('hello')[0]!.data).toMatchObject({ token: 'second', resume: { id: 's' } })
})
