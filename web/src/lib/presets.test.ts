import { expect, test } from 'vitest'
import { fitting, lower, presets, type Quality } from './presets'

test('lowering ends, and each step takes less', () => {
  for (const preset of Object.values(presets)) {
    let steps = 0
    for (let now: Quality | undefined = preset, next; (next = lower(now)); now = next, steps++) {
      expect(next.bps).toBeLessThan(now.bps)
      expect(next.height).toBeLessThanOrEqual(now.height)
      expect(next.hint).toBe(preset.hint)
    }
    expect(steps).toBeGreaterThan(0)
    expect(steps).toBeLessThan(8)
  }
})

test('every preset fits something', () => {
  expect(new Set([...fitting(true), ...fitting(false)])).toEqual(new Set(Object.keys(presets)))
})
