import { expect, test, vi } from 'vitest'

vi.mock('./actions', () => ({ toggleMic: () => undefined }))
vi.mock('./devices', () => ({ mic: { value: undefined }, micOn: { value: false } }))
vi.mock('./session', () => ({ onStage: { value: false }, state: { value: undefined } }))
vi.mock('./toasts', () => ({ offer: () => undefined, toast: () => undefined }))

const { Speech } = await import('./talking')

test.each([
  ['a sentence', [0.1, 0.7, 0.8, 0.6, 0.3, 0.7, 0.8, 0.7, 0.2, 0.1], true],
  ['a knock', [0.1, 0.9, 0.9, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1], false],
  ['a noisy room', Array<number>(30).fill(0.5), false],
  ['typing', Array.from({ length: 30 }, (_, i) => (i % 3 ? 0.3 : 0.8)), false],
])('%s', (_, levels, spoken) => {
  const speech = new Speech()
  expect(levels.some((level) => speech.hears(level))).toBe(spoken)
})
