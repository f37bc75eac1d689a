import { expect, test } from 'vitest'
import { distance, pack, simplify, unpack } from './ink'

test.each([[[]], [[5, 6]], [[0, 0, 10, -3, 16000, 9000, 15999, 0]]])('%j is the same after its way', (points) => {
  expect(unpack(pack(points))).toEqual(points)
})

test('steps are small numbers', () => {
  expect(pack([100, 200, 103, 199, 103, 205])).toEqual([100, 200, 3, -1, 0, 6])
})

test.each([
  ['a point', [1, 1], [1, 1]],
  ['a straight line', [0, 0, 5, 0, 10, 0, 20, 0], [0, 0, 20, 0]],
  ['a corner', [0, 0, 10, 0, 10, 10], [0, 0, 10, 0, 10, 10]],
  ['a bump below the tolerance', [0, 0, 5, 1, 10, 0], [0, 0, 10, 0]],
  ['a way back', [0, 0, 50, 0, 0, 0], [0, 0, 50, 0, 0, 0]],
])('%s', (_, points, want) => {
  expect(simplify(points, 2)).toEqual(want)
})

test('a long wave becomes short, and stays where it was', () => {
  const wave = Array.from({ length: 2000 }, (_, i) => [i * 8, Math.round(4000 + 1000 * Math.sin(i / 100))]).flat()
  const simple = simplify(wave, 8)
  expect(simple.length).toBeLessThan(wave.length / 8)
  for (let i = 0; i < wave.length; i += 2) {
    const off = Math.min(...Array.from({ length: simple.length / 2 - 1 }, (_, j) => distance(wave[i]!, wave[i + 1]!, simple[2 * j]!, simple[2 * j + 1]!, simple[2 * j + 2]!, simple[2 * j + 3]!)))
    expect(off).toBeLessThanOrEqual(8)
  }
})
