import { expect, test, vi } from 'vitest'
import { problemOf } from './problem'

const json = { 'Content-Type': 'application/problem+json' }

test.each([
  [401, {}, '', { code: 'unauthorized', denial: true }],
  [403, {}, '', { code: 'forbidden', denial: true }],
  [404, {}, '', { code: 'not_found' }],
  [409, { 'Retry-After': '3' }, '', { code: 'conflict', retryAfter: 3000 }],
  [422, {}, '', { code: 'codec_unsupported' }],
  [418, {}, '', { code: 'rejected', message: 'the server answered 418' }],
  [429, { 'Retry-After': 'Fri, 01 Jan 2027 00:00:05 GMT' }, '', { code: 'rate_limited', retryAfter: 5000 }],
  [429, { 'Retry-After': 'soon' }, '', { code: 'rate_limited', retryAfter: undefined }],
  [503, { 'Retry-After': '0' }, '', { code: 'unavailable', retryAfter: 0 }],
  [401, json, '{"code":"token_expired","detail":"valid until 14:00"}', { code: 'token_expired', message: 'valid until 14:00', denial: true }],
  [400, json, '{"code":"conflict","title":"taken"}', { code: 'conflict', message: 'taken' }],
  [400, json, '{"code":"some_future_code"}', { code: 'rejected' }],
  [400, json, '{"code":7,"detail":{}}', { code: 'rejected', message: 'the server answered 400' }],
  [400, json, 'not json', { code: 'rejected' }],
  [400, json, 'null', { code: 'rejected' }],
  [400, { 'Content-Type': 'text/html' }, '{"code":"conflict"}', { code: 'rejected' }],
] as const)('a refusal with %i %j %s', async (status, headers, body, want) => {
  vi.useFakeTimers({ now: Date.UTC(2027, 0, 1) })
  expect(await problemOf(new Response(body, { status, headers }))).toMatchObject({ ...want, status })
})
