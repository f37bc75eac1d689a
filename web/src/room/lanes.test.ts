import { expect, test } from 'vitest'
import { freeLane, type Flight } from './lanes'

const line = (at: number, width = 100): Flight => ({ at, width, sky: 1000, flight: 8000 })

test('a line takes the first lane, the next one at the same time the second', () => {
  const lanes: (Flight | undefined)[] = []
  expect(freeLane(lanes, [0, 1], line(0))).toBe(0)
  expect(freeLane(lanes, [0, 1], line(0))).toBe(1)
  expect(freeLane(lanes, [0, 1], line(0))).toBeUndefined()
})

test.each([
  ['of the same length, once the first has entered', 1000, 100, 0],
  ['much longer and therefore faster, which would run into it', 1000, 2000, undefined],
  ['much longer, but late enough', 7000, 2000, 0],
])('a line %s', (_, at, width, lane) => {
  const lanes: (Flight | undefined)[] = []
  freeLane(lanes, [0], line(0))
  expect(freeLane(lanes, [0], line(at, width))).toBe(lane)
})

test('only the rows that are allowed are taken', () => {
  expect(freeLane([], [3], line(0))).toBe(3)
})
