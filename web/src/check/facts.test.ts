import { expect, test } from 'vitest'
import { en } from '../text/check'
import { lines, verdict, type Facts, type Way } from './facts'

const good: Way = { connected: true, rtt: 24, loss: 0, jitter: 2 }
const blocked: Way = { connected: false, rtt: 0, loss: 0, jitter: 0 }
const all: Facts = { secure: true, webrtc: true, socket: 25, udp: good, tcp: good, receives: ['VP8', 'H264'], sends: ['VP8'], devices: { mics: 1, cameras: 1 }, autoplay: true }
const with_ = (more: Partial<Facts>): Facts => ({ ...all, ...more })
const level = (f: Facts, id: string) => lines(f).find((line) => line.id === id)?.level

test.each<[string, Facts, string]>([
  ['everything is well', all, 'ready'],
  ['no microphone', with_({ devices: { mics: 0, cameras: 1 } }), 'listen'],
  ['not secure', with_({ secure: false }), 'listen'],
  ['UDP is blocked', with_({ udp: blocked }), 'tcp'],
  ['only the relay works', with_({ udp: blocked, tcp: blocked, relay: good }), 'tcp'],
  ['only UDP works', with_({ tcp: blocked }), 'ready'],
  ['much is lost', with_({ udp: { ...good, loss: 0.08 } }), 'weak'],
  ['the server is far', with_({ udp: { ...good, rtt: 600 } }), 'weak'],
  ['no WebSocket', with_({ socket: -1 }), 'streams'],
  ['no media', with_({ udp: blocked, tcp: blocked }), 'media'],
  ['no answer', with_({ udp: { ...blocked, refused: 0 }, tcp: { ...blocked, refused: 503 } }), 'server'],
  ['no WebRTC', with_({ webrtc: false }), 'unsupported'],
  ['no codec', with_({ receives: ['AV1'] }), 'unsupported'],
])('%s: %#', (_, facts, want) => {
  expect(verdict(facts)).toBe(want)
})

test.each<[string, keyof Facts]>([
  ['the socket', 'socket'],
  ['UDP', 'udp'],
  ['TCP', 'tcp'],
  ['devices', 'devices'],
])('nothing is judged before %s is known', (_, key) => {
  const { [key]: _gone, ...rest } = all
  expect(verdict(rest as Facts)).toBeUndefined()
})

test('one way that works makes the other’s absence a warning', () => {
  expect(level(with_({ udp: blocked }), 'udp')).toBe('warn')
  expect(level(with_({ tcp: blocked }), 'tcp')).toBe('warn')
  expect(level(with_({ udp: blocked, tcp: blocked }), 'udp')).toBe('fail')
  expect(lines(with_({ udp: blocked, tcp: blocked })).find(({ id }) => id === 'tcp')?.detail).toBe('both')
})

test('loss is told of the way that media take', () => {
  expect(level(with_({ udp: { ...good, loss: 0.1 } }), 'flow')).toBe('warn')
  expect(level(with_({ udp: blocked, tcp: { ...good, loss: 0 } }), 'flow')).toBe('ok')
  expect(level(with_({ udp: blocked, tcp: blocked }), 'flow')).toBeUndefined()
})

test('every line has its sentences', () => {
  const states: Facts[] = [all, with_({ secure: false, socket: -1, udp: blocked, tcp: blocked, relay: blocked, receives: [], sends: [], autoplay: false }), with_({ udp: { ...blocked, refused: 503 }, tcp: { ...blocked, refused: 0 }, devices: { mics: 0, cameras: 0 } }), with_({ webrtc: false }), with_({ udp: { ...good, loss: 0.5 } }), with_({ udp: { ...good, rtt: 900 }, relay: good })]
  const { secure, webrtc, receives, sends } = all
  for (const facts of [...states, { secure, webrtc, receives, sends }]) {
    for (const { id, detail, level } of lines(facts)) {
      expect(en).toHaveProperty([`${id}.${detail}`])
      if (level === 'warn' || level === 'fail') expect(en).toHaveProperty([`${id}.${detail}.fix`])
    }
  }
})
