import { expect, test } from 'vitest'
import { iceServers, parseLinks } from './link'

test.each([
  ['nothing', null, []],
  ['empty', '', []],
  ['garbage', 'turn:a.example; rel=x', []],
  ['no rel', '<a>', [{ target: 'a', rel: [''], params: {} }]],
  ['token value', '<a>;rel=x', [{ target: 'a', rel: ['x'], params: { rel: 'x' } }]],
  ['two headers joined', '<a>; rel="x", <b>; rel="y"', [
    { target: 'a', rel: ['x'], params: { rel: 'x' } },
    { target: 'b', rel: ['y'], params: { rel: 'y' } },
  ]],
  ['comma and semicolon in a value', '<a>; rel="x"; events="active,inactive;\\"z\\"", <b>; rel=y', [
    { target: 'a', rel: ['x'], params: { rel: 'x', events: 'active,inactive;"z"' } },
    { target: 'b', rel: ['y'], params: { rel: 'y' } },
  ]],
  ['comma in a target', '<a,b>; rel=x', [{ target: 'a,b', rel: ['x'], params: { rel: 'x' } }]],
  ['several relations, any case', '<a>; REL="X  y"', [{ target: 'a', rel: ['x', 'y'], params: { rel: 'X  y' } }]],
  ['the first of a repeated parameter', '<a>; rel=x; rel=y', [{ target: 'a', rel: ['x'], params: { rel: 'x' } }]],
  ['parameter without a value', '<a>; crossorigin; rel=x', [{ target: 'a', rel: ['x'], params: { rel: 'x' } }]],
  ['unfinished', '<a>; rel="x', [{ target: 'a', rel: ['x'], params: { rel: 'x' } }]],
])('reads a Link header: %s', (_, header, want) => {
  expect(parseLinks(header)).toEqual(want)
})

test('takes ICE servers with their credentials (RFC 9725 §4.6)', () => {
  const header =
    '<stun:stun.example>; rel="ice-server", ' +
    '<turn:turn.example?transport=udp>; rel="ice-server"; username="user"; credential="pa,ss"; credential-type="password", ' +
    '<https://x.example/events>; rel="urn:ietf:params:whep:ext:core:server-sent-events"'
  expect(iceServers(parseLinks(header))).toEqual([
    { urls: 'stun:stun.example' },
    { urls: 'turn:turn.example?transport=udp', username: 'user', credential: 'pa,ss' },
  ])
})

test('ends on any input', () => {
  for (const piece of ['<', '>', ';', ',', '"', '=', '\\', ' ']) {
    for (const other of ['<a>', 'x', '"', ';', '=', '\\']) parseLinks((piece + other).repeat(5))
  }
})
