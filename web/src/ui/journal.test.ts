import { expect, test } from 'vitest'
import { journal, record } from './journal'

test('the last events are kept', () => {
  record('playing', undefined)
  expect(journal.at(-1)!.what).toBe('playing')
  for (let i = 0; i < 300; i++) record('stalled', i + 1)
  expect(journal.length).toBe(200)
  expect([journal[0]!.what, journal.at(-1)!.what]).toEqual(['stalled 101', 'stalled 300'])
})
