import { beforeEach, expect, test, vi } from 'vitest'
import { browser, FakeSocket, settle } from './fakes'
import { pause, RoomError, RoomLink, type LinkOptions } from './roomlink'

const options: LinkOptions = { url: 'wss://lectern.test/api/v1/rooms/math/ws', hello: { name: 'Bo', guest: true } }
const session = { id: 's_1', key: 'secret', grace_s: 120, resumed: false, seq: 40 }
const welcome = { state: 'joined', session, ping_s: 20 }

beforeEach(() => void browser())

async function joined(more = {}): Promise<{ link: RoomLink; said: string[] }> {
  const link = new RoomLink({ ...options, ...more })
  const said: string[] = []
  link.on('event', ({ type }) => said.push(type))
  link.open()
  FakeSocket.last.open()
  FakeSocket.last.reply(welcome)
  await settle()
  return { link, said }
}

test('the first thing said is hello, by room.v1', async () => {
  const { link } = await joined()
  expect(FakeSocket.last.protocol).toBe('room.v1')
  expect(FakeSocket.last.sent[0]).toEqual({ id: 1, type: 'hello', data: { name: 'Bo', guest: true } })
  expect(link.state).toBe('joined')
  expect(link.session).toEqual({ id: 's_1', key: 'secret' })
})

test('each request gets its own reply, in whatever order they come', async () => {
  const { link } = await joined()
  const [one, two] = [link.request('chat.send', { text: 'a' }), link.request('hand.raise')]
  const [first, second] = FakeSocket.last.sent.slice(1) as [{ id: number }, { id: number }]
  FakeSocket.last.reply({ pos: 3 }, second.id)
  FakeSocket.last.say({ re: first.id, ok: false, error: { code: 'rate_limited', message: 'wait', retry_after_ms: 4000 } })
  await expect(two).resolves.toEqual({ pos: 3 })
  const error = await one.catch((error: RoomError) => error)
  expect(error).toMatchObject({ code: 'rate_limited', refusal: { retry_after_ms: 4000 } })
})

test('what is numbered is heard once, and asked for from there', async () => {
  const { link, said } = await joined()
  FakeSocket.last.say({ seq: 41, type: 'chat.message', data: {} })
  FakeSocket.last.say({ seq: 41, type: 'chat.message', data: {} })
  FakeSocket.last.say({ seq: 39, type: 'chat.message', data: {} })
  FakeSocket.last.say({ type: 'speakers', data: {} })
  FakeSocket.last.say({ seq: 43, type: 'seat.set', data: {} })
  expect(said).toEqual(['chat.message', 'speakers', 'seat.set'])
  FakeSocket.last.lose(1006)
  await vi.advanceTimersByTimeAsync(600)
  FakeSocket.last.open()
  expect(FakeSocket.last.sent[0]).toMatchObject({ type: 'hello', data: { resume: { id: 's_1', key: 'secret', seq: 43 } } })
  FakeSocket.last.reply({ ...welcome, session: { ...session, resumed: true, seq: 50 } })
  FakeSocket.last.say({ seq: 45, type: 'chat.deleted', data: {} })
  expect(said.at(-1), 'what was missed follows the welcome').toBe('chat.deleted')
  expect(link.state).toBe('joined')
})

test('a snapshot is newer than what was heard', async () => {
  const { said } = await joined()
  FakeSocket.last.lose(1006)
  await vi.advanceTimersByTimeAsync(600)
  FakeSocket.last.open()
  FakeSocket.last.reply({ ...welcome, session: { ...session, resumed: true, snapshot: true, seq: 90 } })
  FakeSocket.last.say({ seq: 80, type: 'chat.message', data: {} })
  FakeSocket.last.say({ seq: 91, type: 'chat.message', data: {} })
  expect(said).toEqual(['chat.message'])
})

test('a lost connection leaves nobody waiting, and repeats what can be repeated', async () => {
  const { link } = await joined()
  const once = link.request('hand.raise')
  const again = link.request('chat.send', { text: 'a', nonce: 'n' }, true)
  once.catch(() => undefined)
  FakeSocket.last.lose(1006)
  await expect(once).rejects.toMatchObject({ code: 'lost' })
  expect(link.state).toBe('reconnecting')
  const meanwhile = link.request('chat.send', { text: 'b', nonce: 'm' }, true)
  await expect(link.request('hand.raise')).rejects.toMatchObject({ code: 'lost' })
  await vi.advanceTimersByTimeAsync(600)
  FakeSocket.last.open()
  FakeSocket.last.reply({ ...welcome, session: { ...session, resumed: true } })
  const repeated = FakeSocket.last.sent.slice(1) as { id: number; data: { text: string } }[]
  expect(repeated.map(({ data }) => data.text)).toEqual(['a', 'b'])
  FakeSocket.last.reply({ msg: '1' }, repeated[0]!.id)
  FakeSocket.last.reply({ msg: '2' }, repeated[1]!.id)
  await expect(again).resolves.toEqual({ msg: '1' })
  await expect(meanwhile).resolves.toEqual({ msg: '2' })
})

test('a ping is answered; silence is a lost connection', async () => {
  const { link } = await joined()
  FakeSocket.last.say({ type: 'ping', data: {} })
  expect(FakeSocket.last.sent.at(-1)).toEqual({ type: 'pong' })
  await vi.advanceTimersByTimeAsync(49_000)
  expect(link.state).toBe('joined')
  await vi.advanceTimersByTimeAsync(2000)
  expect(link.state).toBe('reconnecting')
})

test.each([
  [4400, 'protocol'],
  [4401, 'unauthorized'],
  [4403, 'removed'],
  [4404, 'room_ended'],
  [4409, 'moved'],
])('close code %i is the end: %s', async (close, code) => {
  const { link } = await joined()
  const ends: RoomError[] = []
  link.on('over', (error) => ends.push(error))
  FakeSocket.last.lose(close, 'because')
  await vi.advanceTimersByTimeAsync(60_000)
  expect(ends).toMatchObject([{ code, message: 'because' }])
  expect(FakeSocket.all).toHaveLength(1)
})

test.each([1001, 1006, 1011, 4408, 4429])('close code %i passes', async (close) => {
  const { link } = await joined()
  FakeSocket.last.lose(close)
  expect(link.state).toBe('reconnecting')
  await vi.advanceTimersByTimeAsync(600)
  expect(FakeSocket.all).toHaveLength(2)
})

test('a conflict ends, until somebody moves here', async () => {
  const link = new RoomLink(options)
  const ends: string[] = []
  link.on('over', ({ code }) => ends.push(code))
  link.open()
  FakeSocket.last.open()
  FakeSocket.last.say({ re: 1, ok: false, error: { code: 'conflict', message: 'elsewhere' } })
  FakeSocket.last.lose(4409)
  await settle()
  expect(ends).toEqual(['conflict'])
  const moved = new RoomLink(options)
  moved.open(true)
  FakeSocket.last.open()
  expect(FakeSocket.last.sent[0]).toMatchObject({ data: { takeover: true } })
})

test('a server that is busy is asked again when it says so', async () => {
  const link = new RoomLink(options)
  link.open()
  FakeSocket.last.open()
  FakeSocket.last.say({ re: 1, ok: false, error: { code: 'unavailable', message: 'busy', retry_after_ms: 3000 } })
  FakeSocket.last.lose(4429)
  await vi.advanceTimersByTimeAsync(2900)
  expect(FakeSocket.all).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(200)
  expect(FakeSocket.all).toHaveLength(2)
})

test('who waits in the lobby comes in by itself', async () => {
  const link = new RoomLink(options)
  const heard: unknown[] = []
  link.on('waiting', (place) => heard.push(place))
  link.on('welcome', () => heard.push('welcome'))
  link.open()
  FakeSocket.last.open()
  FakeSocket.last.reply({ state: 'waiting', waiting: { pos: 3, message: 'soon' }, session })
  await settle()
  FakeSocket.last.say({ seq: 1, type: 'lobby.update', data: { pos: 2 } })
  FakeSocket.last.say({ seq: 2, type: 'lobby.admitted', data: { ...welcome, session: { ...session, key: '' } } })
  expect(heard).toEqual([{ pos: 3, message: 'soon' }, { pos: 2 }, 'welcome'])
  expect(link.session).toEqual({ id: 's_1', key: 'secret' })
})

test('what makes no sense is not heard', async () => {
  const { link, said } = await joined()
  for (const text of ['', 'null', '[]', '7', '{"re":99,"ok":true}', '{"type":5}', 'nonsense']) FakeSocket.last.raw(text)
  expect(said).toEqual([])
  expect(link.state).toBe('joined')
})

test.each([
  [0, 0, 500],
  [1, 0, 1000],
  [3, 0.5, 3000],
  [9, 0, 10_000],
  [9, 1, 5000],
])('the %i-th wait', (attempt, random, ms) => {
  expect(pause(attempt, random)).toBe(ms)
})

test.each([
  [4401, 'token_expired'],
  [4403, 'revoked'],
])('what the server says of an end counts for more than the close: %i', async (code, why) => {
  const { link } = await joined()
  const over = vi.fn()
  link.on('over', over)
  FakeSocket.last.say({ type: 'session.ended', data: { code: why, message: 'because' } })
  FakeSocket.last.lose(code)
  expect(over).toHaveBeenCalledWith(expect.objectContaining({ code: why, message: 'because' }))
})
