import { expect, test } from 'vitest'
import { measured, only } from './way'

const answer = ['v=0', 'm=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=mid:0', 'a=candidate:1 1 udp 2130706431 192.0.2.1 8080 typ host', 'a=candidate:101 1 TCP 1518280447 192.0.2.1 8080 typ host tcptype passive', 'a=end-of-candidates', ''].join('\r\n')

test('an answer leads one way alone', () => {
  expect(only(answer, 'udp')).toContain('1 udp')
  expect(only(answer, 'udp')).not.toContain('tcptype')
  expect(only(answer, 'tcp')).toContain('tcptype')
  expect(only(answer, 'tcp')).not.toContain('1 udp')
  expect(only(answer, 'tcp')).toContain('a=mid:0')
})

test('what came is counted', () => {
  const report = (entry: object) => new Map([['in', { type: 'inbound-rtp', ...entry }], ['pair', { type: 'candidate-pair', nominated: true, state: 'succeeded', currentRoundTripTime: 0.05 }]])
  expect(measured(report({ packetsReceived: 90, packetsLost: 10, jitter: 0.004 }))).toEqual({ connected: true, rtt: 50, loss: 0.1, jitter: 4 })
  expect(measured(report({ packetsReceived: 0, packetsLost: 0 })).connected).toBe(false)
  expect(measured(report({ packetsReceived: 10, packetsLost: -3 })).loss).toBe(0) // duplicates count backwards
  expect(measured(new Map()).connected).toBe(false)
})
