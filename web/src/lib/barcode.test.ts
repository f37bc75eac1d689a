import { expect, test } from 'vitest'
import { columns, decode, encode, rows } from './barcode'

const now = Date.UTC(2026, 2, 1, 9, 30)

/** paint draws the cells into RGBA pixels as a clock and an encoder would: any size, any contrast, blurred, noisy. */
function paint(cells: boolean[], width: number, height: number, { black = 0, white = 255, noise = 0, blur = 0 } = {}) {
  const plain = Float64Array.from({ length: width * height }, (_, i) => {
    const column = Math.floor(((i % width) * columns) / width)
    const row = Math.floor((Math.floor(i / width) * rows) / height)
    return cells[row * columns + column] ? white : black
  })
  const pixels = new Uint8ClampedArray(4 * width * height)
  let seed = 1
  for (let i = 0; i < plain.length; i++) {
    const x = i % width
    let sum = 0
    for (let d = -blur; d <= blur; d++) sum += plain[i - x + Math.min(width - 1, Math.max(0, x + d))]!
    seed = (seed * 1103515245 + 12345) % 2 ** 31
    const value = sum / (2 * blur + 1) + noise * (seed / 2 ** 30 - 1)
    pixels.set([value, value, value, 255], 4 * i)
  }
  return pixels
}

test.each([
  ['320 wide', 320, 36, {}],
  ['1280 wide', 1280, 144, {}],
  ['an odd size', 333, 31, {}],
  ['the smallest', 96, 8, {}],
  ['limited range', 240, 40, { black: 16, white: 235 }],
  ['washed out', 240, 40, { black: 90, white: 170 }],
  ['noise', 240, 40, { noise: 60 }],
  ['blur', 240, 40, { blur: 4 }],
  ['noise, blur and low contrast', 320, 36, { black: 70, white: 190, noise: 40, blur: 5 }],
])('a painted time is read back: %s', (_, width, height, how) => {
  for (const ms of [now, now - 1, now + 999, now - 86_400_000, 2 ** 40 * Math.floor(now / 2 ** 40), 2 ** 40 * Math.ceil(now / 2 ** 40) - 1]) {
    expect(decode(paint(encode(ms), width, height, how), width, height, ms + 150)).toBe(ms)
  }
})

test('pictures without a barcode are not read', () => {
  const grey = new Uint8ClampedArray(4 * 240 * 40).fill(128)
  expect(decode(grey, 240, 40, now)).toBeUndefined()
  const none = Array<boolean>(48).fill(false)
  for (let i = 0; i < 48; i++) expect(decode(paint(none.with(i, true), 240, 40), 240, 40, now)).toBeUndefined()
})

test('one wrong cell is noticed', () => {
  const cells = encode(now)
  for (let i = 0; i < cells.length; i++) {
    expect(decode(paint(cells.with(i, !cells[i]), 240, 40), 240, 40, now)).toBeUndefined()
  }
})

test('a blend of two frames is refused rather than read as a third time', () => {
  const [a, b] = [paint(encode(now), 240, 40), paint(encode(now + 33), 240, 40)]
  expect(decode(a.map((value, i) => (value + b[i]!) / 2), 240, 40, now)).toBeUndefined()
})
