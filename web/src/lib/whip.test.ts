import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { answer, browser, FakeEventSource, FakePeer, offer, settle, type FakeServer } from './fakes'
import { WhipClient, type WhipOptions } from './whip'

const url = 'https://lectern.test/whip/cam1'
const session = 'https://lectern.test/whip/sessions/s1'
const created = { Location: '/whip/sessions/s1', ETag: '"e1"', 'Content-Type': 'application/sdp' }
const restarted = 'a=ice-ufrag:server2\r\na=ice-pwd:password-of-server-2\r\na=candidate:9 1 udp 1 192.0.2.9 8080 typ host\r\na=end-of-candidates\r\n'

let server: FakeServer
let seen: string[]

beforeEach(() => {
  server = browser()
})
afterEach(() => vi.useRealTimers())

const track = (kind: string) => ({ kind }) as MediaStreamTrack
const stream = (...kinds: string[]) => ({ getTracks: () => kinds.map(track) }) as MediaStream

function client(options: Partial<WhipOptions> = {}): WhipClient {
  const made = new WhipClient({ url, stream: stream('audio', 'video'), ...options })
  seen = []
  made.on('state', ({ state, problem }) => seen.push(problem ? `${state}:${problem.code}` : state))
  made.start()
  return made
}

/** live brings a client to where media flows, with gathering finished. */
async function live(options: Partial<WhipOptions> = {}): Promise<WhipClient> {
  const made = client(options)
  await settle()
  server.of('POST').at(-1)!.answer(201, created, answer())
  await settle()
  FakePeer.last.become('connected')
  expect(made.state).toBe('live')
  return made
}

const lastPatch = () => server.of('PATCH').at(-1)!

describe('start', () => {
  test('posts the offer with the token and applies the answer (RFC 9725 §4.2)', async () => {
    await live({ token: 'secret' })
    const [post] = server.calls
    expect(post).toMatchObject({ url, method: 'POST' })
    expect(post!.headers.get('Content-Type')).toBe('application/sdp')
    expect(post!.headers.get('Authorization')).toBe('Bearer secret')
    expect(post!.body).toContain('a=fmtp:111 stereo=1')
    expect(FakePeer.last.localDescription?.sdp).toBe(post!.body)
    expect(FakePeer.last.remoteDescription?.sdp).toBe(answer())
    expect(seen).toEqual(['connecting', 'live'])
  })

  test('negotiates kinds whose tracks come later, and the layers asked for', async () => {
    const made = await live({ stream: stream('video'), kinds: ['audio', 'video'], sending: { bps: 1_000_000, fps: 30, scale: 1, simulcast: true } })
    const [audio, video] = FakePeer.last.transceivers
    expect([audio!.kind, audio!.sender.track, video!.kind]).toEqual(['audio', null, 'video'])
    expect(video!.init.sendEncodings?.map(({ rid }) => rid)).toEqual(['q', 'h', 'f'])
    expect(FakePeer.last.remoteDescription?.sdp).toContain('x-google-start-bitrate=700')
    const later = track('audio')
    await made.replaceTrack('audio', later)
    expect(audio!.sender.track).toBe(later)
    expect(server.of('POST')).toHaveLength(1)
  })

  test('offers each kind once, for sending, in one stream', async () => {
    const video = stream('video')
    await live({ stream: video })
    expect(FakePeer.last.transceivers.map(({ kind, init }) => [kind, init.direction, init.streams])).toEqual([['video', 'sendonly', [video]]])
  })

  test('takes ICE servers from the answer before gathering begins (RFC 9725 §4.6)', async () => {
    client()
    await settle()
    expect(FakePeer.last.localDescription).toBeNull()
    const link = '<turn:t.example>; rel="ice-server"; username="u"; credential="p"'
    server.calls[0]!.answer(201, { ...created, Link: link }, answer())
    await settle()
    expect(FakePeer.last.configuration.iceServers).toEqual([{ urls: 'turn:t.example', username: 'u', credential: 'p' }])
  })

  test.each([
    [401, {}, 'denied:unauthorized'],
    [403, {}, 'denied:forbidden'],
    [409, {}, 'failed:conflict'],
    [422, {}, 'failed:codec_unsupported'],
    [400, {}, 'failed:rejected'],
    [404, {}, 'failed:not_found'],
  ] as const)('a refusal with %i ends the attempt', async (status, headers, want) => {
    const made = client()
    await settle()
    server.calls[0]!.answer(status, headers)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(seen).toEqual(['connecting', want])
    expect(server.calls).toHaveLength(1)
    expect(FakePeer.last.signalingState).toBe('closed')
    made.start() // the button "try again"
    await settle()
    expect(server.calls).toHaveLength(2)
  })

  test('waits as long as a busy server asks', async () => {
    client()
    await settle()
    server.calls[0]!.answer(429, { 'Retry-After': '5' })
    await settle()
    expect(seen).toEqual(['connecting', 'reconnecting:rate_limited'])
    await vi.advanceTimersByTimeAsync(4999)
    expect(server.of('POST')).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(server.of('POST')).toHaveLength(2)
  })

  test('tries an unreachable server after 1, 2, 4, 8, 8 … seconds, for ever', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0)
    const made = client()
    server.handler = (call) => call.break()
    const at: number[] = []
    const from = Date.now()
    for (let s = 0; s < 45; s++) {
      await vi.advanceTimersByTimeAsync(s === 0 ? 0 : 1000)
      while (at.length < server.calls.length) at.push((Date.now() - from) / 1000)
    }
    expect(at).toEqual([0, 1, 3, 7, 15, 23, 31, 39])
    expect(made.state).toBe('reconnecting')
    expect(made.problem?.code).toBe('unavailable')
    expect(FakePeer.all.filter((pc) => pc.signalingState !== 'closed').length).toBeLessThanOrEqual(1)
  })

  test('retry cuts the wait short', async () => {
    const made = client()
    server.handler = (call) => call.break()
    await settle()
    made.retry()
    await settle()
    expect(server.of('POST')).toHaveLength(2)
  })

  test('a connection that never comes up is tried anew', async () => {
    client()
    await settle()
    server.calls[0]!.answer(201, created, answer())
    await settle()
    await vi.advanceTimersByTimeAsync(12_000)
    expect(seen).toEqual(['connecting', 'reconnecting:ice_failed'])
    expect(server.of('DELETE')).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1000)
    expect(server.of('POST')).toHaveLength(2)
  })

  test('an answer without a session is an error', async () => {
    client()
    await settle()
    server.calls[0]!.answer(201, {}, answer())
    await settle()
    expect(seen).toEqual(['connecting', 'failed:internal'])
  })

  test('a browser without WebRTC is told so', async () => {
    vi.stubGlobal('RTCPeerConnection', undefined)
    client()
    await settle()
    expect(seen).toEqual(['connecting', 'failed:unsupported_browser'])
  })
})

describe('codecs', () => {
  const able = ['video/VP8', 'video/rtx', 'video/H264', 'video/AV1', 'video/H264', 'video/red']
  beforeEach(() =>
    vi.stubGlobal('RTCRtpSender', { getCapabilities: (kind: string) => ({ codecs: kind === 'video' ? able.map((mimeType) => ({ mimeType })) : [] }) }),
  )

  test('only those wanted are offered, in that order, with their companions', async () => {
    await live({ codecs: ['video/av1', 'video/H264'] })
    const [audio, video] = FakePeer.last.transceivers
    expect(audio!.preferences).toBeUndefined()
    expect(video!.preferences!.map(({ mimeType }) => mimeType)).toEqual(['video/AV1', 'video/H264', 'video/H264', 'video/rtx', 'video/red'])
  })

  test('one that the browser lacks is an error before anything is sent', async () => {
    client({ codecs: ['video/H265'] })
    await settle()
    expect(seen).toEqual(['connecting', 'failed:codec_unsupported'])
    expect(server.calls).toHaveLength(0)
  })
})

describe('trickle (RFC 9725 §4.3.2)', () => {
  test('candidates go out with the entity tag, together when they come together', async () => {
    await live()
    const pc = FakePeer.last
    pc.gather('1')
    pc.gather('2')
    await settle()
    const [patch] = server.of('PATCH')
    expect(patch!.url).toBe(session)
    expect(patch!.headers.get('If-Match')).toBe('"e1"')
    expect(patch!.headers.get('Content-Type')).toBe('application/trickle-ice-sdpfrag')
    expect(patch!.body).toBe(
      'a=group:BUNDLE 0 1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=ice-ufrag:user1\r\na=ice-pwd:password-of-user-1\r\na=candidate:1\r\na=candidate:2\r\n',
    )
    pc.gather('3')
    pc.gather(null)
    await settle()
    expect(server.of('PATCH')).toHaveLength(1) // one at a time
    patch!.answer(204)
    await settle()
    expect(lastPatch().body).toContain('a=candidate:3\r\na=end-of-candidates\r\n')
    expect(lastPatch().body).not.toContain('a=candidate:1')
  })

  test('without an entity tag there is no condition', async () => {
    client()
    await settle()
    server.calls[0]!.answer(201, { Location: '/whip/sessions/s1' }, answer())
    await settle()
    FakePeer.last.gather('1')
    await settle()
    expect(lastPatch().headers.has('If-Match')).toBe(false)
  })

  test.each([405, 415, 422, 428])('a server that answers %i is not sent more, and media stays', async (status) => {
    const made = await live()
    FakePeer.last.gather('1')
    await settle()
    lastPatch().answer(status)
    await settle()
    FakePeer.last.gather('2')
    await settle()
    expect(server.of('PATCH')).toHaveLength(1)
    expect(made.state).toBe('live')
  })

  test('a batch that the server could not take is sent again', async () => {
    await live()
    FakePeer.last.gather('1')
    await settle()
    lastPatch().answer(503)
    await vi.advanceTimersByTimeAsync(1000)
    lastPatch().break()
    await vi.advanceTimersByTimeAsync(2000)
    expect(server.of('PATCH').map(({ body }) => body.includes('a=candidate:1'))).toEqual([true, true, true])
  })

  test('412 makes a new ICE session', async () => {
    await live()
    FakePeer.last.gather('1')
    await settle()
    lastPatch().answer(412)
    await settle()
    expect(lastPatch().headers.get('If-Match')).toBe('*')
  })

  test('404 makes a new session', async () => {
    await live()
    FakePeer.last.gather('1')
    await settle()
    lastPatch().answer(404)
    await settle()
    expect(seen.at(-1)).toBe('reconnecting:gone')
    await vi.advanceTimersByTimeAsync(1000)
    expect(server.of('POST')).toHaveLength(2)
  })
})

describe('ICE restart (RFC 9725 §4.3.3)', () => {
  test('follows when the transport has been away for 3 s', async () => {
    const made = await live()
    const pc = FakePeer.last
    pc.become('disconnected')
    await vi.advanceTimersByTimeAsync(2999)
    expect(made.state).toBe('live')
    await vi.advanceTimersByTimeAsync(1)
    expect(made.state).toBe('reconnecting')
    const restart = lastPatch()
    expect(restart.headers.get('If-Match')).toBe('*')
    expect(restart.body).toContain('a=ice-ufrag:user2\r\n')
    expect(restart.body).not.toContain('a=candidate')
    expect(pc.localDescription?.sdp).toContain('user1') // nothing changes before the server agrees

    restart.answer(200, { ETag: '"e2"' }, restarted)
    await settle()
    expect(pc.localDescription?.sdp).toContain('user2')
    expect(pc.remoteDescription?.sdp).toContain('a=ice-ufrag:server2')
    expect(pc.remoteDescription?.sdp).toContain('192.0.2.9')
    expect(pc.remoteDescription?.sdp).not.toContain('192.0.2.1 ')

    pc.gather('old', 'user1')
    pc.gather('new')
    await settle()
    expect(lastPatch().headers.get('If-Match')).toBe('"e2"')
    expect(lastPatch().body).toContain('a=candidate:new')
    expect(lastPatch().body).not.toContain('a=candidate:old')
    pc.become('connected')
    expect(made.state).toBe('live')
    expect(server.of('POST')).toHaveLength(1)
  })

  test('is not needed when the transport comes back by itself', async () => {
    const made = await live()
    FakePeer.last.become('disconnected')
    await vi.advanceTimersByTimeAsync(2000)
    FakePeer.last.become('connected')
    await vi.advanceTimersByTimeAsync(60_000)
    expect(server.of('PATCH')).toHaveLength(0)
    expect(made.state).toBe('live')
  })

  test('is asked again while the network is away, and given up when the transport fails', async () => {
    await live()
    server.handler = (call) => call.method === 'PATCH' && call.break()
    FakePeer.last.become('disconnected')
    await vi.advanceTimersByTimeAsync(8000)
    expect(server.of('PATCH').length).toBeGreaterThan(2)
    FakePeer.last.become('failed')
    await vi.advanceTimersByTimeAsync(1000)
    expect(server.of('POST')).toHaveLength(2)
    const patches = server.of('PATCH').length
    await vi.advanceTimersByTimeAsync(20_000)
    expect(server.of('PATCH')).toHaveLength(patches)
  })

  test.each([405, 422, 501, 404])('a server that answers %i gets a new session instead', async (status) => {
    await live()
    FakePeer.last.become('disconnected')
    await vi.advanceTimersByTimeAsync(3000)
    lastPatch().answer(status)
    await vi.advanceTimersByTimeAsync(1000)
    expect(server.of('POST')).toHaveLength(2)
    expect(FakePeer.all).toHaveLength(2)
  })
})

describe('loss', () => {
  test('a failed transport makes a new session with the same tracks', async () => {
    const made = await live()
    const first = FakePeer.last
    const next = track('video')
    await made.replaceTrack('video', next)
    first.become('failed')
    await settle()
    expect(seen.at(-1)).toBe('reconnecting:ice_failed')
    expect(server.of('DELETE').map((call) => call.url)).toEqual([session])
    await vi.advanceTimersByTimeAsync(1000)
    server.of('POST').at(-1)!.answer(201, created, answer())
    await settle()
    FakePeer.last.become('connected')
    expect(made.state).toBe('live')
    expect(FakePeer.last).not.toBe(first)
    expect(FakePeer.last.transceivers.map(({ sender }) => sender.track)[1]).toBe(next)
  })

  test('a server that closes once is asked again; twice in 30 s, somebody else has the stream', async () => {
    const made = await live()
    FakePeer.last.hangUp()
    await settle()
    expect(seen.at(-1)).toBe('reconnecting:closed')
    await vi.advanceTimersByTimeAsync(1000)
    server.of('POST').at(-1)!.answer(201, created, answer())
    await settle()
    FakePeer.last.become('connected')
    FakePeer.last.hangUp()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(seen.at(-1)).toBe('ended:replaced')
    expect(server.of('POST')).toHaveLength(2)
    made.start()
    await settle()
    expect(server.of('POST')).toHaveLength(3)
  })
})

describe('stop', () => {
  test('deletes the session and closes the connection', async () => {
    const made = await live({ token: 'secret' })
    const stopped = made.stop()
    const [gone] = server.of('DELETE')
    expect(gone!.url).toBe(session)
    expect(gone!.headers.get('Authorization')).toBe('Bearer secret')
    expect(FakePeer.last.signalingState).toBe('closed')
    gone!.answer(200)
    await stopped
    await made.stop()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(server.of('DELETE')).toHaveLength(1)
    expect(server.of('POST')).toHaveLength(1)
    expect(seen).toEqual(['connecting', 'live', 'ended'])
  })

  test('while the offer is under way deletes what comes of it', async () => {
    const made = client()
    await settle()
    void made.stop()
    server.calls[0]!.answer(201, created, answer())
    await settle()
    expect(server.of('DELETE').map((call) => call.url)).toEqual([session])
    expect(seen).toEqual(['connecting', 'ended'])
  })

  test('while waiting ends the waiting', async () => {
    const made = client()
    await settle()
    server.calls[0]!.break()
    await settle()
    await made.stop()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(server.calls).toHaveLength(1)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('on unload the request outlives the page', async () => {
    const made = await live()
    made.dropOnUnload()
    expect(server.of('DELETE').map((call) => call.keepalive)).toEqual([true])
  })
})

describe('replaceTrack', () => {
  test('changes what is sent without a new session', async () => {
    const made = await live()
    const next = track('video')
    await made.replaceTrack('video', next)
    expect(FakePeer.last.transceivers[1]!.sender.track).toBe(next)
    expect(server.calls).toHaveLength(1)
  })

  test('rejects a kind that was not offered', async () => {
    const made = await live({ stream: stream('video') })
    await expect(made.replaceTrack('audio', track('audio'))).rejects.toThrow('without audio')
  })
})

describe('layers that nobody wants', () => {
  const Link = '</whip/sessions/s1/layers>; rel="urn:lectern:whip:ext:layers"'
  const sending = { bps: 1_000_000, fps: 30, scale: 1, simulcast: true }
  const active = () => (FakePeer.last.transceivers.at(-1)!.parameters as { encodings: RTCRtpEncodingParameters[] }).encodings.map(({ rid, active = true }) => `${rid}${active ? '+' : '-'}`)

  async function told(): Promise<WhipClient> {
    const made = client({ sending })
    await settle()
    server.of('POST').at(-1)!.answer(201, { ...created, Link }, answer())
    await settle()
    FakePeer.last.become('connected')
    expect(FakeEventSource.last.url).toBe('https://lectern.test/whip/sessions/s1/layers')
    return made
  }

  test('rest when the server says so, and are sent again', async () => {
    const made = await told()
    FakeEventSource.last.say('layers', '[{"rid":"f","wanted":false},{"rid":"h","wanted":false},{"rid":"q","wanted":true}]')
    await settle()
    expect(active()).toEqual(['q+', 'h-', 'f-'])
    expect([...made.resting]).toEqual(['f', 'h'])
    await made.setSending({ ...sending, fps: 15 })
    expect(active()).toEqual(['q+', 'h-', 'f-'])
    FakeEventSource.last.say('layers', '[{"rid":"f","wanted":true},{"rid":"h","wanted":false},{"rid":"q","wanted":true}]')
    await settle()
    expect(active()).toEqual(['q+', 'h-', 'f+'])
  })

  test.each(['not json', '{}', '[{"rid":7,"wanted":false},null]'])('what cannot be understood rests nothing: %s', async (data) => {
    await told()
    FakeEventSource.last.say('layers', '[{"rid":"f","wanted":false}]')
    FakeEventSource.last.say('layers', data)
    await settle()
    expect(active()).toEqual(['q+', 'h+', 'f+'])
  })

  test('are sent while the server cannot be heard, and the stream of events ends with its session', async () => {
    const made = await told()
    const source = FakeEventSource.last
    source.say('layers', '[{"rid":"f","wanted":false}]')
    source.dispatchEvent(new Event('error'))
    await settle()
    expect(active()).toEqual(['q+', 'h+', 'f+'])
    void made.stop()
    expect(source.readyState).toBe(FakeEventSource.CLOSED)
  })

  test('no other server is asked', async () => {
    await live({ sending })
    expect(FakeEventSource.all).toEqual([])
  })
})

test('the offers of the stand-in differ by ICE session only', () => {
  expect(offer(1).replaceAll('user1', 'user2').replaceAll('user-1', 'user-2')).toBe(offer(2))
})
