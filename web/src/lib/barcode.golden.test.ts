// The server's demo draws the barcode, too: both are tested with the same times.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { columns, encode, rows, share } from './barcode'

interface Golden {
  columns: number
  rows: number
  share: number
  times: { ms: number; cells: string }[]
}

const file = new URL('../../../internal/testcard/testdata/barcode.json', import.meta.url)
const golden = JSON.parse(readFileSync(file, 'utf8')) as Golden

test('the layout is that of the demo', () => {
  expect({ columns, rows, share }).toEqual({ columns: golden.columns, rows: golden.rows, share: golden.share })
})

test.each(golden.times)('$ms gives the cells of the demo', ({ ms, cells }) => {
  expect(encode(ms).map((white) => (white ? '#' : '.')).join('')).toBe(cells)
})
