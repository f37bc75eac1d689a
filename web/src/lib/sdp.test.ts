import { expect, test } from 'vitest'
import { answer, offer } from './fakes'
import { fragment, iceOf, withIce, withStereo } from './sdp'

test('a fragment names the transport that the bundle shares, with CRLF (RFC 8840 §9)', () => {
  const candidates = ['a=candidate:1 1 udp 1 192.0.2.7 5000 typ host']
  expect(fragment(offer(1), { ufrag: 'u', pwd: 'p', candidates, end: true })).toBe(
    'a=group:BUNDLE 0 1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=ice-ufrag:u\r\na=ice-pwd:p\r\n' +
      'a=candidate:1 1 udp 1 192.0.2.7 5000 typ host\r\na=end-of-candidates\r\n',
  )
})

test('a fragment of an offer without bundle', () => {
  const alone = 'v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:v\r\n'
  expect(fragment(alone, { ufrag: 'u', pwd: 'p', candidates: [], end: false })).toBe(
    'm=video 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:v\r\na=ice-ufrag:u\r\na=ice-pwd:p\r\n',
  )
})

test.each([
  ['an answer', answer(), { ufrag: 'server1', pwd: 'password-of-server-1', options: 'trickle', end: true }],
  ['line feeds alone', 'a=ice-ufrag:u\na=ice-pwd:p\n', { ufrag: 'u', pwd: 'p', options: undefined, candidates: [], end: false }],
])('reads ICE from %s', (_, text, want) => {
  expect(iceOf(text)).toMatchObject(want)
})

test('without credentials there is no ICE', () => {
  expect(iceOf('a=ice-ufrag:u\r\n')).toBeUndefined()
  expect(iceOf('')).toBeUndefined()
})

test('a restart replaces credentials everywhere and candidates wholly', () => {
  const after = withIce(answer(), { ufrag: 'new', pwd: 'new-password', candidates: ['a=candidate:2 1 udp 1 192.0.2.2 9 typ host'], end: true })
  expect(after).not.toContain('server1')
  expect(after.match(/a=ice-ufrag:new\r\n/g)).toHaveLength(2)
  expect(after.match(/a=ice-pwd:new-password\r\n/g)).toHaveLength(2)
  expect(after.match(/a=candidate:/g)).toEqual(['a=candidate:'])
  expect(iceOf(after)?.candidates).toEqual(['a=candidate:2 1 udp 1 192.0.2.2 9 typ host'])
  expect(after.endsWith('\r\n')).toBe(true)
})

const opus = 'm=audio 9 UDP/TLS/RTP/SAVPF 111 0\r\na=rtpmap:111 opus/48000/2\r\n'
test.each([
  ['added', `${opus}a=fmtp:111 minptime=10;useinbandfec=1\r\n`, `${opus}a=fmtp:111 minptime=10;useinbandfec=1;stereo=1\r\n`],
  ['there already', `${opus}a=fmtp:111 maxplaybackrate=48000;stereo=1\r\n`, `${opus}a=fmtp:111 maxplaybackrate=48000;stereo=1\r\n`],
  ['refused already', `${opus}a=fmtp:111 stereo=0\r\n`, `${opus}a=fmtp:111 stereo=0\r\n`],
  ['beside sprop-stereo', `${opus}a=fmtp:111 sprop-stereo=1\r\n`, `${opus}a=fmtp:111 sprop-stereo=1;stereo=1\r\n`],
  ['without any fmtp', opus, `${opus}a=fmtp:111 stereo=1\r\n`],
  ['no Opus', 'a=rtpmap:0 PCMU/8000\r\na=fmtp:0 x=1\r\n', 'a=rtpmap:0 PCMU/8000\r\na=fmtp:0 x=1\r\n'],
])('asks for stereo: %s', (_, before, after) => {
  expect(withStereo(before)).toBe(after)
})
