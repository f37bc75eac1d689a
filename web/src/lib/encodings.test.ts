import { expect, test } from 'vitest'
import { adjust, encodings, withStartRate, type Sending } from './encodings'

const plain: Sending = { bps: 4_000_000, fps: 30, scale: 1.5, simulcast: false }

test('one picture is one encoding without a name', () => {
  expect(encodings(plain)).toEqual([{ maxBitrate: 4_000_000, maxFramerate: 30, scaleResolutionDownBy: 1.5 }])
})

test('simulcast is three sizes, smallest first', () => {
  const all = encodings({ ...plain, simulcast: true })
  expect(all.map(({ rid, scaleResolutionDownBy }) => [rid, scaleResolutionDownBy])).toEqual([['q', 6], ['h', 3], ['f', 1.5]])
  expect(all.map(({ maxBitrate }) => maxBitrate)).toEqual([400_000, 1_400_000, 4_000_000])
})

test.each([
  ['video/VP9', 'L1T1'],
  ['video/AV1', 'L1T1'],
  ['video/VP8', undefined],
  [undefined, undefined],
])('%s layers are streams of their own', (mimeType, mode) => {
  for (const encoding of encodings({ ...plain, simulcast: true }, mimeType)) expect(Reflect.get(encoding, 'scalabilityMode')).toBe(mode)
})

test('a picture is never made larger', () => expect(encodings({ ...plain, scale: 0.5 })[0]!.scaleResolutionDownBy).toBe(1))

test('adjust lets layers rest, and keeps what it does not know', async () => {
  const parameters = { encodings: [{ rid: 'h', active: true, priority: 'high' }, { rid: 'f', active: false }], transactionId: 't' }
  let set: unknown
  const sender = { getParameters: () => parameters, setParameters: async (next: unknown) => void (set = next) } as unknown as RTCRtpSender
  await adjust(sender, { ...plain, scale: 1, bps: 1_000_000, fps: 15 }, new Set(['h']))
  expect(set).toEqual({
    transactionId: 't',
    encodings: [
      { rid: 'h', active: false, priority: 'high', maxBitrate: 350_000, maxFramerate: 15, scaleResolutionDownBy: 2 },
      { rid: 'f', active: true, maxBitrate: 1_000_000, maxFramerate: 15, scaleResolutionDownBy: 1 },
    ],
  })
})

test('a start rate is a parameter of each format of video, and of nothing else', () => {
  const answer = ['m=audio 9 X 111', 'a=rtpmap:111 opus/48000/2', 'm=video 9 X 96 97 98', 'a=rtpmap:96 VP8/90000', 'a=rtpmap:97 rtx/90000', 'a=fmtp:97 apt=96']
  const tuned = withStartRate([...answer, 'a=rtpmap:98 H264/90000', 'a=fmtp:98 packetization-mode=1', ''].join('\r\n'), 900).split('\r\n')
  expect(tuned.filter((line) => line.startsWith('a=fmtp:'))).toEqual([
    'a=fmtp:96 x-google-start-bitrate=900',
    'a=fmtp:97 apt=96',
    'a=fmtp:98 packetization-mode=1;x-google-start-bitrate=900',
  ])
})
