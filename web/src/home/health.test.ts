import { expect, test } from 'vitest'
import type { Stream, Track } from '../lib/streams'
import { healthOf, settles } from './health'

const audio: Track = { kind: 'audio', codec: 'audio/opus', bps: 32_000 }
const video: Track = { kind: 'video', codec: 'video/VP8', bps: 1_500_000, width: 1280, height: 720 }
const since = '2026-01-02T03:04:05.5Z'
const stream = (tracks: Track[], state: Stream['state'] = 'live'): Stream => ({ app: 'live', name: 'live/cam1', state, since, viewers: 0, tracks })
const plays = (mimeType: string) => mimeType === 'video/VP8'

test.each<[string, Stream, string]>([
  ['good', stream([audio, video]), 'health.good'],
  ['one layer of three', stream([audio, video, { ...video, bps: 0 }]), 'health.good'],
  ['rates that the server does not know', stream([{ kind: 'audio', codec: 'audio/opus' }, { kind: 'video', codec: 'video/VP8' }]), 'health.good'],
  ['away', stream([audio, video], 'waiting'), 'health.waiting'],
  ['without sound', stream([video]), 'health.silent'],
  ['with a track that sends no sound', stream([{ ...audio, bps: 0 }, video]), 'health.silent'],
  ['without picture', stream([audio]), 'health.dark'],
  ['a format unknown here', stream([audio, { ...video, codec: 'video/H265' }]), 'health.codec'],
  ['hardly a picture', stream([audio, { ...video, bps: 20_000 }]), 'health.thin'],
])('%s', (_, given, want) => expect(healthOf(given, plays, Date.parse(since) + 2000).reason).toBe(want))

test.each<[string, number, Stream, string]>([
  ['no rates yet', 100, stream([{ ...video, bps: 0 }]), 'health.starting'],
  ['nothing yet', 1999, stream([]), 'health.starting'],
  ['a clock that is slow', -1500, stream([]), 'health.starting'],
  ['a clock that is wrong', -60_000, stream([]), 'health.dark'],
  ['an old stream', 2000, stream([]), 'health.dark'],
  ['what does not pass', 100, stream([audio, { ...video, codec: 'video/H265' }]), 'health.codec'],
  ['nobody there', 100, stream([], 'waiting'), 'health.waiting'],
])('just begun: %s', (_, after, given, want) => {
  expect(healthOf(given, plays, Date.parse(since) + after).reason).toBe(want)
})

const aac = { codec: 'AAC-LC', output: 'Opus' }
const b = { codec: 'video/H264', b_frames: 2, b_frame_policy: 'drop' } as const
const rare = { codec: 'video/H264', b_frames: 0, key_frame_interval: 9.8 }
const late = { code: 'key_frame_interval', grave: false, text: 'Rare.' }

test.each<[string, Stream, string, object?]>([
  ['all is well', { ...stream([audio, video]), publisher: { protocol: 'rtmp', audio: aac, video: { ...b, b_frames: 0 } } }, 'health.good'],
  ['sound that nobody hears', { ...stream([video]), publisher: { protocol: 'rtmp', audio: { codec: 'AAC 5.1' }, video: b } }, 'health.mute', { codec: 'AAC 5.1' }],
  ['B-frames that are left out', { ...stream([audio, video]), publisher: { protocol: 'rtmp', audio: aac, video: b } }, 'health.b_frames'],
  ['B-frames that are encoded away', { ...stream([audio, video]), publisher: { protocol: 'rtmp', audio: aac, video: { ...b, b_frame_policy: 'transcode' } } }, 'health.good'],
  ['rare key frames', { ...stream([audio, video]), publisher: { protocol: 'rtmp', audio: aac, video: rare, problems: [late] } }, 'health.key_frames', { s: 10 }],
])('what the server sees in it: %s', (_, given, reason, values) => {
  const health = healthOf(given, plays, Date.parse(since) + 2000)
  expect([health.reason, health.values]).toEqual([reason, values])
})

test('without a beginning nothing is young', () => {
  const { since: _, ...given } = stream([video])
  expect(settles(given, Date.parse(since))).toBe(false)
})
