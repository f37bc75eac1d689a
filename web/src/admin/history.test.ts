import { expect, test } from 'vitest'
import { column, lossIn, lossOut, merge, sums, total, type Table } from './history'

const first: Table = { step_seconds: 5, at: [10, 15], columns: { streams: [1, 2], 'failed.busy': [0, 3] } }

test('newer rows follow the known ones, once', () => {
  const newer: Table = { step_seconds: 5, at: [15, 20], columns: { streams: [2, 3], 'failed.conflict': [0, 1] } }
  const merged = merge(first, newer, 3600)
  expect(merged.at).toEqual([10, 15, 20])
  expect(merged.columns).toEqual({ streams: [1, 2, 3], 'failed.busy': [0, 3, 0], 'failed.conflict': [0, 0, 1] })
  expect(sums(merged, 'failed.')).toEqual([['busy', 3], ['conflict', 1]])
  expect(total(merged, 'failed.')).toEqual([0, 3, 1])
  expect(column(merged, 'limit.nothing')).toEqual([0, 0, 0])
})

test('what is too old goes, and nothing new changes nothing', () => {
  expect(merge(first, { step_seconds: 5, at: [20], columns: { streams: [3] } }, 10).at).toEqual([15, 20])
  expect(merge(first, { step_seconds: 5, at: [], columns: { streams: [] } }, 3600)).toEqual(first)
  expect(merge(undefined, first, 3600)).toBe(first)
})

test('losses are shares of what there was', () => {
  const table: Table = {
    step_seconds: 5,
    at: [1, 2, 3],
    columns: { packets_in: [90, 100, 0], packets_missing: [20, 5, 0], packets_recovered: [10, 9, 0], packets_out: [0, 200, 100], packets_nacked: [5, 2, 0] },
  }
  expect(lossIn(table)).toEqual([10, 0, null])
  expect(lossOut(table)).toEqual([null, 1, 0])
})
