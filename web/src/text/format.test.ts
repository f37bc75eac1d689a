import { expect, test } from 'vitest'
import { format } from './format'
import { closest } from './choice'

const viewers = '{n, plural, one {# viewer} other {# viewers}} of {name}'

test.each([
  ['en', 0, '0 viewers of cam1'],
  ['en', 1, '1 viewer of cam1'],
  ['en', 2, '2 viewers of cam1'],
  ['zh-CN', 1, '1 viewers of cam1'], // one form for all numbers
])('%s %i', (language, n, want) => expect(format(viewers, language, { n, name: 'cam1' })).toBe(want))

test('a gap without a value stays', () => expect(format('of {name}', 'en')).toBe('of {name}'))
test('values are not formats', () => expect(format('{a}', 'en', { a: '{b}', b: 'x' })).toBe('{b}'))

test.each([
  [['zh-TW', 'en'], 'zh-CN'],
  [['fr', 'zh'], 'zh-CN'],
  [['en-GB', 'zh-CN'], 'en'],
  [['fr'], 'en'],
  [[], 'en'],
])('%j is read as %s', (preferences, want) => expect(closest(preferences)).toBe(want))
