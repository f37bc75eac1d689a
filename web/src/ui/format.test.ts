import { expect, test } from 'vitest'
import { clock, codecName, rate } from './format'

test.each([
  [-5, '00:00'],
  [59_999, '00:59'],
  [60_000, '01:00'],
  [3_599_999, '59:59'],
  [36_061_000, '10:01:01'],
])('%i ms', (ms, want) => expect(clock(ms)).toBe(want))

test.each([
  [0, '0 kb/s'],
  [999_400, '999 kb/s'],
  [3_940_000, '3.9 Mb/s'],
])('%i bit/s', (bps, want) => expect(rate(bps)).toBe(want))

test.each([
  ['video/H264', 'H.264'],
  ['video/VP8', 'VP8'],
  ['h265', 'H.265'],
  ['', ''],
])('codec %s', (type, want) => expect(codecName(type)).toBe(want))
