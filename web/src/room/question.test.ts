import { expect, test } from 'vitest'
import { parsePoll } from './question'

test.each([
  ['', undefined],
  ['   \n ', undefined],
  ['?', undefined],
  ['? What is new', { q: 'What is new' }],
  ['What is 2 + 2?\n- 3\n* 4\n- 5', { q: 'What is 2 + 2?', options: ['3', '4', '5'], correct: [1] }],
  ['? Who\n\n  -a\n  b \r\n', { q: 'Who', options: ['a', 'b'] }],
  ['? One\n- only', undefined],
  ['? Many\n' + '- x\n'.repeat(11), undefined],
  ['? Both\n* a\n* b', { q: 'Both', options: ['a', 'b'], correct: [0, 1] }],
])('%j', (text, want) => {
  expect(parsePoll(text)).toEqual(want)
})
