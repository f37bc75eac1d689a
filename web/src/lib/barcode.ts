// A time written into a picture so that it survives scaling and strong compression: 48 black or white cells in two rows
// across the top of the frame. 40 bits are milliseconds, 8 bits a checksum over them.

/** Cells in a row. */
export const columns = 24
export const rows = 2
/** The part of the picture's height that the rows take together. */
export const share = 1 / 5

const timeBits = 40
const range = 2 ** timeBits // about 35 years
/** Black and white must be this far apart (of 255) for a picture to be read. */
const contrast = 60
/** Cells between these fractions of the way from black to white make a picture unreadable: better none than a wrong one. */
const [dark, light] = [0.38, 0.62]

/** encode gives the cells of a time in milliseconds, row by row; true is white. */
export function encode(ms: number): boolean[] {
  const bytes = bytesOf(Math.round(ms))
  return [...bytes, checksum(bytes)].flatMap((byte) => Array.from({ length: 8 }, (_, bit) => ((byte >> (7 - bit)) & 1) === 1))
}

/**
 * decode reads the cells from RGBA pixels that hold exactly the two rows, scaled to any size of at least 96 × 8. It gives
 * the time nearest to now, or undefined when there is no sound reading.
 */
export function decode(pixels: Uint8ClampedArray, width: number, height: number, now: number): number | undefined {
  const levels = Array.from({ length: rows * columns }, (_, i) => level(pixels, width, height, i % columns, Math.floor(i / columns)))
  const low = Math.min(...levels)
  const high = Math.max(...levels)
  if (high - low < contrast) return undefined

  const bytes: number[] = []
  for (const [i, value] of levels.entries()) {
    const place = (value - low) / (high - low)
    if (place > dark && place < light) return undefined
    bytes[i >> 3] = ((bytes[i >> 3] ?? 0) << 1) | (place >= light ? 1 : 0)
  }
  if (bytes.pop() !== checksum(bytes)) return undefined
  const time = bytes.reduce((sum, byte) => sum * 256 + byte, 0)
  return time + range * Math.round((now - time) / range)
}

/** level is the mean brightness of the middle of a cell; its edges are where compression smears. */
function level(pixels: Uint8ClampedArray, width: number, height: number, column: number, row: number): number {
  const [x0, x1] = middle(column, width / columns)
  const [y0, y1] = middle(row, height / rows)
  let sum = 0
  for (let y = y0; y < y1; y++) {
    for (let x = x0; x < x1; x++) {
      const at = 4 * (y * width + x)
      sum += 0.299 * pixels[at]! + 0.587 * pixels[at + 1]! + 0.114 * pixels[at + 2]!
    }
  }
  return sum / ((x1 - x0) * (y1 - y0))
}

function middle(index: number, size: number): [number, number] {
  const from = Math.floor((index + 0.3) * size)
  return [from, Math.max(from + 1, Math.floor((index + 0.7) * size))]
}

function bytesOf(ms: number): number[] {
  const bytes: number[] = []
  for (let rest = ms % range; bytes.length < timeBits / 8; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return bytes
}

/** CRC-8, polynomial 0x07, started from 0xff so that a picture of zeros does not pass. */
function checksum(bytes: number[]): number {
  let crc = 0xff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x80 ? ((crc << 1) ^ 0x07) & 0xff : crc << 1
  }
  return crc
}
