import { expect, test } from 'vitest'
import { diagnose } from './diagnosis'

const common: [string, unknown][] = [
  ['pair', { type: 'candidate-pair', nominated: true, state: 'succeeded', localCandidateId: 'l', remoteCandidateId: 'r', currentRoundTripTime: 0.012 }],
  ['r', { type: 'remote-candidate', address: '2001:db8::1', port: 8080, candidateType: 'host', protocol: 'udp' }],
  ['c', { type: 'codec', mimeType: 'video/VP8' }],
]
const watching = (bytes: number): [string, unknown][] => [
  ...common,
  ['l', { type: 'local-candidate', address: '192.0.2.7', port: 5000, candidateType: 'prflx', protocol: 'udp' }],
  ['a', { type: 'inbound-rtp', kind: 'audio', packetsLost: -1, jitter: 0.004, bytesReceived: 10 }],
  ['v', { type: 'inbound-rtp', kind: 'video', codecId: 'c', frameWidth: 640, frameHeight: 360, framesDecoded: 9, bytesReceived: bytes, freezeCount: 1, nackCount: 2, pliCount: 3, decoderImplementation: 'libvpx' }],
]
const peer = (report: [string, unknown][]) => ({ getStats: async () => new Map(report) }) as unknown as RTCPeerConnection

test('a viewer', async () => {
  const before = await diagnose(peer(watching(1000)))
  const now = await diagnose(peer(watching(126_000)), before, 1000)
  expect(now.path).toEqual({ protocol: 'udp', local: '192.0.2.7:5000 prflx', remote: '[2001:db8::1]:8080 host' })
  expect(now.rtt).toBe(12)
  expect(now.streams.map(({ kind }) => kind)).toEqual(['video', 'audio'])
  expect(now.streams[0]).toMatchObject({ codec: 'video/VP8', width: 640, frames: 9, bps: 1_000_000, freezes: 1, nack: 2, pli: 3, coder: 'libvpx', limit: '' })
  expect(now.streams[1]).toMatchObject({ lost: 0, jitter: 4, bps: 0 })
  expect(before.streams[0]!.bps).toBe(0)
})

test('a publisher, whose server counts what was lost', async () => {
  const { streams, path } = await diagnose(
    peer([
      ...common,
      ['l', { type: 'local-candidate', candidateType: 'relay', protocol: 'udp', relayProtocol: 'tls' }],
      ['q', { type: 'outbound-rtp', kind: 'video', rid: 'q', frameHeight: 180 }],
      ['f', { type: 'outbound-rtp', kind: 'video', rid: 'f', frameHeight: 720, framesEncoded: 5, remoteId: 'rf', qualityLimitationReason: 'cpu' }],
      ['rf', { type: 'remote-inbound-rtp', kind: 'video', packetsLost: 7, jitter: 0.02 }],
    ]),
  )
  expect(path).toMatchObject({ protocol: 'tls', local: 'relay' })
  expect(streams.map(({ rid, frames, lost, jitter, limit }) => [rid, frames, lost, jitter, limit])).toEqual([
    ['f', 5, 7, 20, 'cpu'],
    ['q', 0, 0, 0, ''],
  ])
})

test('no connection yet', async () => {
  expect(await diagnose(peer([]))).toEqual({ path: undefined, rtt: 0, streams: [] })
})
