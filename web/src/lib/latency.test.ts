import { expect, test } from 'vitest'
import { DelayEstimate, Latency } from './latency'
import type { Received } from './received'

const reading = (jitterBufferDelay: number, jitterBufferEmitted: number, decodeTime: number, framesDecoded: number, rtt = 0) =>
  ({ jitterBufferDelay, jitterBufferEmitted, decodeTime, framesDecoded, rtt }) as Received

test('the estimate is of the frames since the last reading', () => {
  const estimate = new DelayEstimate()
  expect(estimate.observe(reading(10, 100, 1, 100, 20))).toBeCloseTo(100 + 10 + 10)
  expect(estimate.observe(reading(10.6, 130, 1.09, 130, 40))).toBeCloseTo(20 + 3 + 20)
})

test('without a new frame there is none', () => {
  const estimate = new DelayEstimate()
  estimate.observe(reading(10, 100, 1, 100))
  expect(estimate.observe(reading(10, 100, 1, 100))).toBeUndefined()
})

test('a new connection begins anew', () => {
  const estimate = new DelayEstimate()
  estimate.observe(reading(100, 1000, 10, 1000))
  expect(estimate.observe(reading(1, 20, 0.1, 20))).toBeCloseTo(50 + 5)
})

test('a summary has the median of what was added', () => {
  const latency = new Latency()
  expect(latency.summary).toBeNull()
  for (const ms of [30, 10, 20]) latency.add(ms)
  expect(latency.summary).toEqual({ last: 20, p50: 20, max: 30, n: 3 })
})
