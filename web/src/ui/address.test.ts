import { beforeEach, expect, test, vi } from 'vitest'
import { nameFrom, takeKey, validName } from './address'

test.each([
  ['/watch/cam1', 'watch', 'cam1'],
  ['/watch/studio/cam1', 'watch', 'studio/cam1'],
  ['/watch/cam1/', 'watch', 'cam1'],
  ['/publish', 'publish', ''],
  ['/publish/', 'publish', ''],
  ['/publisher/cam1', 'publish', ''],
])('the name in %s', (path, page, want) => {
  expect(nameFrom(path, page)).toBe(want)
})

test.each([
  ['cam1', true],
  ['a/b/c/d', true],
  ['x'.repeat(64), true],
  ['', false],
  ['a/b/c/d/e', false],
  ['x'.repeat(65), false],
  ['../etc', false],
  ['a//b', false],
  ['a b', false],
  ['кот', false],
])('%s as a name', (name, want) => {
  expect(validName(name)).toBe(want)
})

beforeEach(() => {
  const kept = new Map<string, string>()
  vi.stubGlobal('sessionStorage', { getItem: (name: string) => kept.get(name) ?? null, setItem: (name: string, value: string) => kept.set(name, value) })
})

test('the key leaves the address and stays in the tab', () => {
  const location = { hash: '#k=se%2Bcret', pathname: '/publish/cam1', search: '?codec=video/VP8' }
  const replaceState = vi.fn(() => (location.hash = ''))
  vi.stubGlobal('location', location)
  vi.stubGlobal('history', { state: null, replaceState })
  expect(takeKey()).toBe('se+cret')
  expect(replaceState).toHaveBeenCalledWith(null, '', '/publish/cam1?codec=video/VP8')
  expect(takeKey()).toBe('se+cret')
  expect(replaceState).toHaveBeenCalledTimes(1)
})

test('a page that may not store anything knows its key all the same', () => {
  vi.stubGlobal('location', { hash: '#k=secret', pathname: '/watch/cam1', search: '' })
  vi.stubGlobal('history', { state: null, replaceState: () => undefined })
  vi.stubGlobal('sessionStorage', {
    getItem: () => { throw new DOMException('denied', 'SecurityError') },
    setItem: () => { throw new DOMException('denied', 'SecurityError') },
  })
  expect(takeKey()).toBe('secret')
})
