import { beforeEach, expect, test, vi } from 'vitest'
import { keepSession, roomFrom, sessionOf, takeRight } from './address'

const replaced: string[] = []

beforeEach(() => {
  const memory = new Map<string, string>()
  replaced.length = 0
  vi.stubGlobal('history', { state: null, replaceState: (_: unknown, __: string, to: string) => replaced.push(to) })
  vi.stubGlobal('sessionStorage', {
    getItem: (name: string) => memory.get(name) ?? null,
    setItem: (name: string, value: string) => void memory.set(name, value),
    removeItem: (name: string) => void memory.delete(name),
  })
})

const at = (search: string, hash = '') => vi.stubGlobal('location', { pathname: '/room/math', search, hash })

test.each([
  ['/room/math-7b', 'math-7b'],
  ['/room/', ''],
  ['/room/a/b', ''],
  ['/room/<b>', ''],
  [`/room/${'x'.repeat(65)}`, ''],
])('%s', (path, room) => {
  expect(roomFrom(path)).toBe(room)
})

test.each([
  ['', '#i=secret', { invite: 'secret' }, '/room/math'],
  ['?i=secret', '', { invite: 'secret' }, '/room/math'],
  ['?i=secret&embed=1', '', { invite: 'secret' }, '/room/math?embed=1'],
  ['', '#t=token', { token: 'token' }, '/room/math'],
])('a right of %s%s is taken out of the address, and stays in this tab', (search, hash, right, address) => {
  at(search, hash)
  expect(takeRight('math')).toEqual(right)
  expect(replaced).toEqual([address])
  at('')
  expect(takeRight('math')).toEqual(right)
  expect(takeRight('physics')).toEqual({})
})

test('a session is kept until it is over', () => {
  const session = { id: 's', key: 'k', name: 'Bo' }
  keepSession('math', session)
  expect(sessionOf('math')).toEqual(session)
  keepSession('math', undefined)
  expect(sessionOf('math')).toBeUndefined()
})

test('a browser that keeps nothing has no session', () => {
  vi.stubGlobal('sessionStorage', undefined)
  at('', '#i=secret')
  expect(takeRight('math')).toEqual({ invite: 'secret' })
  expect(sessionOf('math')).toBeUndefined()
})
