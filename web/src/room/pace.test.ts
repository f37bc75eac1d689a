import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Pace } from './pace'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function pace(most = 40) {
  const gone: { one: number; at: number }[] = []
  const all = new Pace<number>((one) => gone.push({ one, at: Date.now() }), most)
  return { all, gone, put: (batch: number[]) => all.put(batch, Date.now()) }
}

const range = (n: number) => Array.from({ length: n }, (_, i) => i)

test.each([100, 2000])('batches every %i ms become a stream without waves', async (every) => {
  const { gone, put } = pace()
  for (let round = 0; round < 4; round++) {
    put(range(10))
    await vi.advanceTimersByTimeAsync(every)
  }
  const late = gone.slice(10) // the first batch has no pace yet
  const gaps = late.slice(1).map(({ at }, i) => at - late[i]!.at)
  expect(Math.max(...gaps)).toBeLessThanOrEqual(every / 4)
  expect(gone.map(({ one }) => one).slice(10, 20)).toEqual(range(10))
})

test('one alone goes at once, also after a long pause', async () => {
  const { gone, put } = pace()
  put([1])
  await vi.advanceTimersByTimeAsync(60_000)
  put([2])
  await vi.advanceTimersByTimeAsync(1)
  expect(gone.map(({ one }) => one)).toEqual([1, 2])
})

test('a pause does not make the next ones wait longer than a few seconds', async () => {
  const { gone, put } = pace()
  put([1])
  await vi.advanceTimersByTimeAsync(60_000)
  put([2, 3, 4])
  await vi.advanceTimersByTimeAsync(2500)
  expect(gone).toHaveLength(4)
})

test('more than there is room for is let go', async () => {
  const { gone, put } = pace(5)
  put(range(100))
  await vi.advanceTimersByTimeAsync(10_000)
  expect(gone).toHaveLength(5)
})

test('what is cleared does not come', async () => {
  const { all, gone, put } = pace()
  put([1, 2, 3])
  all.clear()
  await vi.advanceTimersByTimeAsync(10_000)
  expect(gone).toEqual([])
})
