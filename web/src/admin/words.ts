// How times, sizes and failures are written on this page.
import type { Problem } from '../lib/problem'
import { say, type Key } from '../text/admin'
import { language } from '../text/language'

/** since writes how long ago something was, roughly. */
export function since(at: string | undefined, now = Date.now()): string {
  if (!at) return say('never')
  const s = Math.max(0, Math.round((now - Date.parse(at)) / 1000))
  const steps = [[86_400, 'days'], [3600, 'hours'], [60, 'minutes']] as const
  const step = steps.find(([length]) => s >= length)
  return step ? say(`ago.${step[1]}`, { n: Math.floor(s / step[0]) }) : say('ago.seconds', { n: s })
}

/** moment writes a time of the last or next days. */
export function moment(at: string): string {
  return new Date(at).toLocaleString(language.value, { dateStyle: 'medium', timeStyle: 'short' })
}

/** clockTime writes a time of today. */
export function clockTime(at: string | number): string {
  return new Date(at).toLocaleTimeString(language.value, { hour: '2-digit', minute: '2-digit', second: '2-digit' })
}

export function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`
}

const known: Record<string, Key> = {
  unauthorized: 'problem.invalid_token',
  invalid_token: 'problem.invalid_token',
  forbidden: 'problem.forbidden',
  rate_limited: 'problem.rate_limited',
  not_found: 'problem.not_found',
  unavailable: 'problem.unavailable',
  draining: 'problem.draining',
}

/** failure says what went wrong; the server's own words where we have none. */
export function failure(problem: Problem): string {
  const key = known[problem.code]
  if (!key) return problem.message
  return say(key, { s: Math.ceil((problem.retryAfter ?? 1000) / 1000) })
}
