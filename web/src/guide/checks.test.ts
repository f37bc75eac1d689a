import { expect, test } from 'vitest'
import type { Publisher, Stream, Track } from '../lib/streams'
import { format } from '../text/format'
import { en } from '../text/guide'
import { explained, factsOf } from './checks'

const video: Track = { kind: 'video', codec: 'video/H264', width: 1920, height: 1080 }
const audio: Track = { kind: 'audio', codec: 'audio/opus' }
const stream = (publisher: Publisher | undefined, tracks: Track[] = [audio, video]): Stream => ({ app: 'live', name: 'live/cam1', state: 'live', viewers: 0, tracks, ...(publisher && { publisher }) })
const trouble = (code: string, grave = false) => ({ code, grave, text: 'What the server says.', fix: 'What it advises.' })

const signs = { good: ' ✔', warn: ' !', bad: ' ✖' }
/** line writes what the page shows in one line. */
const line = (given: Stream) =>
  factsOf(given)
    .map(({ text, values, mark, fix }) => format(en[text], 'en', values) + (mark ? signs[mark] : '') + (fix ? ` ${en[fix]}` : ''))
    .join(', ')

const picture = { codec: 'video/H264', profile: 'High', level: '4.2', width: 1920, height: 1080, fps: 59.94, key_frame_interval: 2, b_frames: 0 }
const aac = { codec: 'AAC-LC', sample_rate: 44_100, channels: 2, output: 'Opus', transcoder: 'built-in' }

test.each<[string, Stream, string]>([
  ['as it should be', stream({ protocol: 'rtmp', video: picture, audio: aac }), 'H.264 High ✔, 1080p60, key frame every 2.0 s ✔, no B-frames ✔, AAC-LC 44.1 kHz, transcoded to Opus ✔'],
  [
    'B-frames and rare key frames',
    stream({ protocol: 'rtmp', video: { ...picture, b_frames: 2, b_frame_policy: 'drop', key_frame_interval: 8.34 }, audio: aac, problems: [trouble('b_frames'), trouble('key_frame_interval')] }),
    'H.264 High ✔, 1080p60, key frame every 8.3 s ! set the keyframe interval to 1 s, 2 B-frames ! set Max B-frames to 0, AAC-LC 44.1 kHz, transcoded to Opus ✔',
  ],
  [
    'sound that nobody hears',
    stream({ protocol: 'rtmp', video: picture, audio: { codec: 'HE-AAC', sample_rate: 48_000, channels: 6 }, problems: [trouble('audio_transcoder_missing', true)] }, [video]),
    'H.264 High ✔, 1080p60, key frame every 2.0 s ✔, no B-frames ✔, HE-AAC 48 kHz, not heard ✖',
  ],
  ['Opus as it is', stream({ protocol: 'rtmp', video: picture, audio: { codec: 'Opus', sample_rate: 48_000, output: 'Opus' } }), 'H.264 High ✔, 1080p60, key frame every 2.0 s ✔, no B-frames ✔, Opus 48 kHz ✔'],
  ['a picture that cannot be passed on', stream({ protocol: 'rtmp', video: { codec: 'video/flv1' }, audio: aac, problems: [trouble('video_unsupported', true)] }, [audio]), 'flv1 ✖, AAC-LC 44.1 kHz, transcoded to Opus ✔'],
  ['sound only', stream({ protocol: 'rtmp', audio: aac, problems: [trouble('no_video', true)] }, [audio]), 'no picture ✖, AAC-LC 44.1 kHz, transcoded to Opus ✔'],
  ['held upright', stream({ protocol: 'rtmp', video: { codec: 'video/H264', width: 720, height: 1280 } }, [video]), 'H.264 ✔, 720p, no sound'],
  ['what the server does not look into', stream({ protocol: 'whip' }), 'H.264, 1080p, Opus'],
  ['nothing known', stream(undefined, []), 'no picture, no sound'],
])('%s', (_, given, want) => expect(line(given)).toBe(want))

test.each([
  ['b_frames', 'drop', /left out/],
  ['b_frames', 'transcode', /anew/],
  ['b_frames', 'reject', /refuses/],
  ['key_frame_interval', 'drop', /every 2.0 s/],
  ['audio_transcoder_missing', 'drop', /AAC-LC/],
  ['video_unsupported', 'drop', /H\.264/],
] as const)('%s (%s) is explained here', (code, b_frame_policy, want) => {
  const { text, fix, values } = explained(trouble(code), stream({ protocol: 'rtmp', video: { ...picture, b_frames: 2, b_frame_policy }, audio: aac }))
  expect(format(en[text!], 'en', values)).toMatch(want)
  expect(fix === undefined).toBe(code === 'video_unsupported')
})

test('B-frames that nothing is done about', () => {
  expect(explained(trouble('b_frames'), stream({ protocol: 'rtmp', video: { codec: 'video/H265', b_frames: 2 } })).text).toBe('problem.b_frames')
})

test('B-frames that cannot be done without', () => {
  const given = stream({ protocol: 'rtmp', video: { ...picture, b_frames: 3, b_frame_policy: 'drop' } })
  expect(explained(trouble('b_frames', true), given).text).toBe('problem.b_frames.needed')
})

test.each(['something_new', 'audio_unsupported', 'video_unsupported'])('%s is left to the server where a sentence of ours would have a gap', (code) => {
  expect(explained(trouble(code), stream({ protocol: 'rtmp' })).text).toBeUndefined()
})
