import { expect, test } from 'vitest'
import { curl } from './call'

test('a call is written so that a shell makes it', () => {
  expect(curl({ method: 'GET', path: 'keys' }, 'https://live.example')).toBe(`curl -H "Authorization: Bearer $KEY" 'https://live.example/api/v1/keys'`)
  expect(curl({ method: 'POST', path: 'keys', body: { name: "it's" } }, 'https://live.example')).toBe(
    `curl -X POST -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' -d '{"name":"it'\\''s"}' 'https://live.example/api/v1/keys'`,
  )
})
