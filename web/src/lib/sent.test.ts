import { expect, test } from 'vitest'
import { sent } from './sent'

const encodings = [
  { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 150_000 },
  { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 500_000 },
  { rid: 'f', scaleResolutionDownBy: 1, maxBitrate: 1_500_000 },
]

/** peer is a connection that sends three layers, of which the largest never began. */
function peer(settings: MediaTrackSettings | undefined): RTCPeerConnection {
  const layer = (rid: string, height: number) => ({ type: 'outbound-rtp', kind: 'video', rid, ...(height > 0 && { frameHeight: height, frameWidth: (height * 16) / 9, framesEncoded: 9 }) })
  const report = new Map<string, unknown>([
    ['1', layer('f', 0)],
    ['2', layer('q', 180)],
    ['3', layer('h', 360)],
    ['4', { type: 'outbound-rtp', kind: 'audio', bytesSent: 7 }],
  ])
  const track = settings && { kind: 'video', getSettings: () => settings }
  return { getStats: async () => report, getSenders: () => [{ track: null }, { track, getParameters: () => ({ encodings }) }] } as unknown as RTCPeerConnection
}

test('a layer that never began has the size that was asked for', async () => {
  const { layers, height } = await sent(peer({ width: 1280, height: 720 }))
  expect(layers.map(({ rid, width, height, active }) => [rid, width, height, active])).toEqual([
    ['f', 1280, 720, false],
    ['h', 640, 360, true],
    ['q', 320, 180, true],
  ])
  expect(height).toBe(360)
})

test('and at least its rate when the track does not tell a size', async () => {
  const { layers } = await sent(peer({}))
  expect(layers.find(({ rid }) => rid === 'f')).toMatchObject({ height: 0, most: 1_500_000, active: false })
})

test('nothing asked for is no failure', async () => {
  expect((await sent(peer(undefined))).layers.map(({ rid, most }) => [rid, most])).toEqual([['h', 0], ['q', 0], ['f', 0]])
})
