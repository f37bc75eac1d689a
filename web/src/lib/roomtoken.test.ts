import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Renewal } from './roomtoken'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function renewal(refresh: () => Promise<string | undefined>, good: (number | undefined)[]) {
  const sent: string[] = []
  const one = new Renewal({
    refresh,
    send: async (token) => {
      sent.push(token)
      return good.shift()
    },
  })
  return { one, sent }
}

test('a newer token is brought half a minute before the end, and the next before its own', async () => {
  let n = 0
  const { one, sent } = renewal(async () => `token ${++n}`, [120_000, undefined])
  one.until(60_000)
  await vi.advanceTimersByTimeAsync(29_999)
  expect(sent).toEqual([])
  await vi.advanceTimersByTimeAsync(1)
  expect(sent).toEqual(['token 1'])
  await vi.advanceTimersByTimeAsync(90_000)
  expect(sent).toEqual(['token 1', 'token 2'])
  await vi.advanceTimersByTimeAsync(10_000_000)
  expect(sent).toHaveLength(2) // the last one never ends
})

test('a short one is renewed in its middle', async () => {
  const { one, sent } = renewal(async () => 'next', [undefined])
  one.until(10_000)
  await vi.advanceTimersByTimeAsync(5000)
  expect(sent).toEqual(['next'])
})

test('what fails is tried again soon', async () => {
  let asked = 0
  const { one, sent } = renewal(async () => {
    asked++
    if (asked === 1) throw new Error('away')
    return asked < 3 ? undefined : 'late'
  }, [undefined])
  one.until(40_000)
  await vi.advanceTimersByTimeAsync(20_000)
  expect([asked, sent.length]).toEqual([1, 0])
  await vi.advanceTimersByTimeAsync(10_000)
  expect([asked, sent]).toEqual([3, ['late']])
})

test('after the end it is asked for seldom, and not after stop or without an end', async () => {
  let asked = 0
  const { one } = renewal(async () => void asked++ as undefined, [])
  one.until(20_000)
  await vi.advanceTimersByTimeAsync(20_000)
  expect(asked).toBe(2)
  await vi.advanceTimersByTimeAsync(10 * 60_000)
  expect(asked).toBe(12)
  one.until(60 * 86_400_000) // longer than a timer takes
  await vi.advanceTimersByTimeAsync(59 * 86_400_000)
  expect(asked).toBe(12)
  one.until(60_000)
  one.stop()
  one.until(undefined)
  await vi.advanceTimersByTimeAsync(10_000_000)
  expect(asked).toBe(12)
})
