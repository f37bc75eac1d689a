import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { answer, browser, FakeEventSource, FakePeer, settle, type FakeServer } from './fakes'
import { WhepClient } from './whep'

const url = 'https://lectern.test/whep/cam1'
const session = 'https://lectern.test/whep/sessions/s1'
const created = { Location: '/whep/sessions/s1', ETag: '"e1"', 'Content-Type': 'application/sdp' }
const eventsLink = '</whep/sessions/s1/sse>; rel="urn:ietf:params:whep:ext:core:server-sent-events"; events="active,inactive,viewercount,layers,scte35"'
const layerLink = '</whep/sessions/s1/layer>; rel="urn:ietf:params:whep:ext:core:layer"'

let server: FakeServer
let seen: string[]

beforeEach(() => {
  server = browser()
})
afterEach(() => vi.useRealTimers())

function client(): WhepClient {
  const made = new WhepClient({ url, token: 'secret' })
  seen = []
  made.on('state', ({ state, problem }) => seen.push(problem ? `${state}:${problem.code}` : state))
  made.start()
  return made
}

/** connected brings a client to a working connection, with an event stream when there is a link for it. */
async function connected(Link = ''): Promise<WhepClient> {
  const made = client()
  await settle()
  server.of('POST').at(-1)!.answer(201, { ...created, ...(Link && { Link }) }, answer())
  await settle()
  FakePeer.last.become('connected')
  if (Link.includes('server-sent-events')) {
    server.of('POST').at(-1)!.answer(201, { Location: '/whep/sessions/s1/sse/capability' })
    await settle()
    FakeEventSource.last.say('open')
  }
  return made
}

/** run lets seconds pass while media arrives, in counts a half second. */
async function run(seconds: number, { frames = 0, video = 0, audio = 0 } = {}): Promise<void> {
  const counters = FakePeer.last.counters
  for (let t = 0; t < seconds; t += 0.5) {
    for (const [name, add] of Object.entries({ frames, video, audio })) counters[name] = (counters[name] ?? 0) + add
    await vi.advanceTimersByTimeAsync(500)
  }
}
const flowing = { frames: 15, video: 40, audio: 25 }

test('offers to receive sound and picture, sound first, and plays', async () => {
  const made = await connected()
  expect(FakePeer.last.transceivers.map(({ kind, init }) => [kind, init.direction])).toEqual([
    ['audio', 'recvonly'],
    ['video', 'recvonly'],
  ])
  expect(server.calls[0]).toMatchObject({ url, method: 'POST' })
  expect(server.calls[0]!.headers.get('Authorization')).toBe('Bearer secret')
  await run(2, flowing)
  expect(seen).toEqual(['connecting', 'waiting', 'playing'])
  expect(made.sessions).toBe(1)
  expect(await made.stats()).toMatchObject({ framesDecoded: 60, videoPackets: 160, audioPackets: 100 })
})

test('hands the stream out once, whatever its tracks', async () => {
  const made = client()
  const streams: unknown[] = []
  made.on('stream', (stream) => streams.push(stream))
  await settle()
  const [one, two] = [{ id: 'one' }, { id: 'two' }]
  for (const stream of [one, one]) FakePeer.last.dispatchEvent(Object.assign(new Event('track'), { streams: [stream], track: {} }))
  expect(streams).toEqual([one])
  server.calls[0]!.break()
  await vi.advanceTimersByTimeAsync(1000)
  FakePeer.last.dispatchEvent(Object.assign(new Event('track'), { streams: [two], track: {} }))
  expect(streams).toEqual([one, two])
})

describe('without an event stream', () => {
  test('a stop of frames is a stall, and their return ends it', async () => {
    await connected()
    await run(3, flowing)
    await run(3)
    await run(1, flowing)
    expect(seen).toEqual(['connecting', 'waiting', 'playing', 'stalled', 'playing'])
    expect(server.of('POST')).toHaveLength(1)
  })

  test('a picture that does not come is said after 6 s', async () => {
    await connected()
    await run(7)
    expect(seen).toEqual(['connecting', 'waiting', 'waiting:no_media'])
  })

  test('packets that no picture comes of get a new session', async () => {
    await connected()
    await run(2, flowing)
    await run(10, { video: 40, audio: 25 })
    expect(seen).toEqual(['connecting', 'waiting', 'playing', 'stalled', 'reconnecting:no_media'])
    expect(server.of('DELETE').map((call) => call.url)).toEqual([session])
    await run(1)
    expect(server.of('POST')).toHaveLength(2)
  })

  test('but not in a hidden page, which need not decode', async () => {
    const made = await connected()
    await run(2, flowing)
    made.hidden = true
    await run(20, { video: 40, audio: 25 })
    expect(seen).toEqual(['connecting', 'waiting', 'playing'])
  })
})

describe('events from the server', () => {
  test('are asked for by name, among those on offer', async () => {
    await connected(eventsLink)
    const ask = server.of('POST')[1]!
    expect(ask.url).toBe('https://lectern.test/whep/sessions/s1/sse')
    expect(JSON.parse(ask.body)).toEqual(['active', 'inactive', 'viewercount', 'layers'])
    expect(FakeEventSource.last.url).toBe('https://lectern.test/whep/sessions/s1/sse/capability')
  })

  test('a stream that is not live yet starts when it is, in the same session', async () => {
    await connected(eventsLink)
    await run(30)
    expect(seen).toEqual(['connecting', 'waiting'])
    FakeEventSource.last.say('active')
    await run(2, flowing)
    expect(seen).toEqual(['connecting', 'waiting', 'playing'])
    expect(server.of('POST')).toHaveLength(2)
  })

  test('a live stream without a picture is said after 6 s', async () => {
    await connected(eventsLink)
    await run(30)
    FakeEventSource.last.say('active')
    await run(5)
    expect(seen.at(-1)).toBe('waiting')
    await run(2)
    expect(seen.at(-1)).toBe('waiting:no_media')
  })

  test('a publisher that leaves and returns costs no session', async () => {
    await connected(eventsLink)
    FakeEventSource.last.say('active')
    await run(3, flowing)
    FakeEventSource.last.say('inactive')
    await run(90)
    expect(seen.at(-1)).toBe('waiting')
    FakeEventSource.last.say('active')
    await run(2) // the first key frame takes its time
    await run(2, flowing)
    expect(seen).toEqual(['connecting', 'waiting', 'playing', 'waiting', 'playing'])
    expect(FakePeer.all).toHaveLength(1)
  })

  test('a stall is one only while the stream is live', async () => {
    await connected(eventsLink)
    FakeEventSource.last.say('active')
    await run(3, flowing)
    await run(3)
    expect(seen.at(-1)).toBe('stalled')
    FakeEventSource.last.say('inactive')
    expect(seen.at(-1)).toBe('waiting')
  })

  test('viewers and layers are handed on, nonsense is not', async () => {
    const made = await connected(eventsLink)
    const got: unknown[] = []
    made.on('viewers', (viewers) => got.push(viewers))
    made.on('layers', (layers) => got.push(layers))
    FakeEventSource.last.say('viewercount', '{"viewercount":3}')
    FakeEventSource.last.say('viewercount', '{"viewercount":"many"}')
    FakeEventSource.last.say('layers', '{"1":[{"rid":"h"}]}')
    FakeEventSource.last.say('layers', 'not json')
    expect(got).toEqual([3, { 1: [{ rid: 'h' }] }])
  })

  test('the server may ask for a new session', async () => {
    await connected(eventsLink)
    FakeEventSource.last.say('reconnect')
    await vi.advanceTimersByTimeAsync(1000)
    expect(FakePeer.all).toHaveLength(2)
    expect(FakeEventSource.all[0]!.readyState).toBe(FakeEventSource.CLOSED)
  })

  test('a server that refuses a name is asked for the two that matter', async () => {
    client()
    await settle()
    server.calls[0]!.answer(201, { ...created, Link: eventsLink.replace(/; events=.*/, '') }, answer())
    await settle()
    expect(JSON.parse(server.calls[1]!.body)).toEqual(['active', 'inactive', 'viewercount', 'layers', 'reconnect'])
    server.calls[1]!.answer(400)
    await settle()
    expect(JSON.parse(server.calls[2]!.body)).toEqual(['active', 'inactive'])
  })

  test('a subscription that breaks is made again, and playing goes on', async () => {
    const made = await connected(eventsLink)
    FakeEventSource.last.say('active')
    await run(2, flowing)
    FakeEventSource.last.refuse()
    await run(1, flowing)
    expect(server.of('POST')).toHaveLength(3)
    expect(made.state).toBe('playing')
  })

  test('a server that forgot the session gets a new one before the transport has noticed', async () => {
    await connected(eventsLink)
    FakeEventSource.last.say('active')
    await run(2, flowing)
    await run(3)
    FakeEventSource.last.refuse()
    await vi.advanceTimersByTimeAsync(1000)
    server.of('POST').at(-1)!.answer(404)
    await settle()
    expect(seen.at(-1)).toBe('reconnecting:gone')
    await vi.advanceTimersByTimeAsync(1000)
    expect(server.of('POST').at(-1)!.url).toBe(url)
    expect(FakePeer.last.connectionState).toBe('new')
  })

  test('but while media moves, the session is believed', async () => {
    const made = await connected(eventsLink)
    FakeEventSource.last.say('active')
    await run(2, flowing)
    FakeEventSource.last.refuse()
    await run(1, flowing)
    server.of('POST').at(-1)!.answer(404)
    await run(5, flowing)
    expect(made.state).toBe('playing')
    expect(made.sessions).toBe(1)
  })

  test('stop ends them', async () => {
    const made = await connected(eventsLink)
    void made.stop()
    expect(FakeEventSource.last.readyState).toBe(FakeEventSource.CLOSED)
    await settle()
    server.of('DELETE')[0]!.answer(200)
    await vi.advanceTimersByTimeAsync(20_000)
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('layers', () => {
  test('one is chosen by POST to its link', async () => {
    const made = await connected(layerLink)
    const chosen = made.selectLayer({ mediaId: '1', rid: 'm' })
    const post = server.of('POST').at(-1)!
    expect(post.url).toBe('https://lectern.test/whep/sessions/s1/layer')
    expect(post.headers.get('Content-Type')).toBe('application/json')
    expect(JSON.parse(post.body)).toEqual({ mediaId: '1', rid: 'm' })
    post.answer(200)
    await chosen
  })

  test('a refusal rejects, and so does a server without layers', async () => {
    const made = await connected(layerLink)
    const chosen = made.selectLayer({ rid: 'x' })
    server.of('POST').at(-1)!.answer(400)
    await expect(chosen).rejects.toMatchObject({ code: 'rejected' })
    const without = await connected()
    await expect(without.selectLayer({})).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('refusals', () => {
  test.each([
    [401, 'denied:unauthorized'],
    [403, 'denied:forbidden'],
    [422, 'unsupported:codec_unsupported'],
    [400, 'failed:rejected'],
  ])('%i ends the attempt', async (status, want) => {
    client()
    await settle()
    server.calls[0]!.answer(status)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(seen).toEqual(['connecting', want])
    expect(server.calls).toHaveLength(1)
  })

  test.each([404, 409])('after %i it asks again until the stream is there', async (status) => {
    client()
    await settle()
    server.calls[0]!.answer(status, { 'Retry-After': '2' })
    await settle()
    expect(seen.at(-1)).toMatch(/^offline:/)
    await vi.advanceTimersByTimeAsync(2000)
    server.of('POST').at(-1)!.answer(201, created, answer())
    await settle()
    FakePeer.last.become('connected')
    await run(1, flowing)
    expect(seen.slice(2)).toEqual(['waiting', 'playing'])
  })
})

test('a session that the server ends is followed by another, for ever', async () => {
  const made = await connected()
  for (let i = 0; i < 5; i++) {
    await run(1, flowing)
    FakePeer.last.hangUp()
    await settle()
    expect(seen.at(-1)).toBe('reconnecting:closed')
    await vi.advanceTimersByTimeAsync(8000)
    server.of('POST').at(-1)!.answer(201, created, answer())
    await settle()
    FakePeer.last.become('connected')
  }
  expect(made.sessions).toBe(6)
  expect(FakePeer.all.filter((pc) => pc.signalingState !== 'closed')).toHaveLength(1)
})

test('a transport that is away is restarted within the session', async () => {
  const made = await connected()
  await run(2, flowing)
  FakePeer.last.become('disconnected')
  await vi.advanceTimersByTimeAsync(3000)
  expect(made.state).toBe('reconnecting')
  expect(server.of('PATCH').at(-1)!.headers.get('If-Match')).toBe('*')
  server.of('PATCH').at(-1)!.answer(200, { ETag: '"e2"' }, 'a=ice-ufrag:s2\r\na=ice-pwd:password-of-server-2\r\n')
  await settle()
  FakePeer.last.become('connected')
  await run(1, flowing)
  expect(made.state).toBe('playing')
  expect(made.sessions).toBe(1)
})

describe('the sound alone', () => {
  const chosen = async (made: WhepClient, choice: object) => {
    const done = made.selectLayer(choice)
    server.of('POST').at(-1)!.answer(200)
    await done
  }

  test('plays on without its picture, and shows it again when it is wanted', async () => {
    const made = await connected(layerLink)
    const pictures: number[] = []
    vi.stubGlobal('MediaStream', FakeStream)
    made.on('stream', (stream) => pictures.push(stream.getVideoTracks().length))
    FakePeer.last.dispatchEvent(Object.assign(new Event('track'), { streams: [new FakeStream(['audio', 'video'])], track: {} }))
    await run(2, flowing)
    expect(made.state).toBe('playing')
    await chosen(made, { maxHeight: 0 })
    await run(8, { audio: 25 })
    expect(made.state).toBe('playing')
    expect(pictures).toEqual([1, 0])
    await chosen(made, {})
    expect(pictures).toEqual([1, 0, 1])
    await run(3, flowing)
    expect(made.state).toBe('playing')
  })

  test('a choice goes on in the next session, and a refused one does not count', async () => {
    const made = await connected(layerLink)
    await chosen(made, { rid: 'h' })
    const refused = made.selectLayer({ rid: 'x' })
    server.of('POST').at(-1)!.answer(422, { 'Content-Type': 'application/json' }, '{"code":"unsupported"}')
    await expect(refused).rejects.toBeDefined()
    FakePeer.last.hangUp()
    await vi.advanceTimersByTimeAsync(3000)
    server.of('POST').at(-1)!.answer(201, { ...created, Link: layerLink }, answer())
    await settle()
    expect(JSON.parse(server.of('POST').at(-1)!.body)).toEqual({ rid: 'h' })
  })
})

/** FakeStream has tracks of the kinds it is given. */
class FakeStream {
  readonly tracks: (EventTarget & { kind?: string })[]
  constructor(kinds: (string | (EventTarget & { kind?: string }))[]) {
    this.tracks = kinds.map((kind) => (typeof kind === 'string' ? Object.assign(new EventTarget(), { kind }) : kind))
  }
  getAudioTracks() {
    return this.tracks.filter(({ kind }) => kind === 'audio')
  }
  getVideoTracks() {
    return this.tracks.filter(({ kind }) => kind === 'video')
  }
}
