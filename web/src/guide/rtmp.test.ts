import { expect, test } from 'vitest'
import { rtmpOf } from './rtmp'
import { dots, withSecret } from './secret'

test.each([
  ['cam1', 'video.example', 1935, 'rtmp://video.example/live', 'cam1'],
  ['cam1', '[::1]', 1936, 'rtmp://[::1]:1936/live', 'cam1'],
  ['studio/cam1', '192.0.2.1', 1935, 'rtmp://192.0.2.1/studio', 'cam1'],
  ['a/b/c', 'h', 1935, 'rtmp://h/a', 'b/c'],
])('%s', (name, host, port, server, key) => expect(rtmpOf(name, host, port)).toEqual({ server, key }))

test('a key is part of the stream key, and none is not', () => {
  expect(withSecret('cam1', '')).toBe('cam1')
  expect(withSecret('cam1', 'k-7&r=2')).toBe('cam1?k=k-7%26r%3D2')
  expect(withSecret('cam1', dots)).toBe(`cam1?k=${dots}`)
})
