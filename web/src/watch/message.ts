import { say, type Key } from '../text/watch'
import type { Cause } from '../lib/whep'
import { active, attempts, cause, name, paused, seen, state } from './player'

/** What stands on the picture while nothing new is to be seen: what, why, and at most one thing to do. */
export interface Message {
  what: string
  why: string
  action?: 'now' | 'again' | 'play' | 'key'
}

/** Sentences that several causes share. */
const same: Partial<Record<Cause, Key>> = {
  not_found: 'offline',
  conflict: 'offline',
  gone: 'lost_connection',
  closed: 'lost_connection',
  replaced: 'lost_connection',
}

const actions: Partial<Record<Key, Message['action']>> = {
  unauthorized: 'key',
  invalid_token: 'key',
  token_expired: 'key',
  forbidden: 'key',
  codec_unsupported: 'again',
  internal: 'again',
  rejected: 'again',
  rate_limited: 'now',
  unavailable: 'now',
  draining: 'now',
  ice_failed: 'now',
  lost_connection: 'now',
  ended: 'play',
  paused: 'play',
}

/** message is undefined exactly when the picture moves, or a person has stopped it. */
export function message(): Message | undefined {
  if (state.value === 'idle') return { what: name, why: '', action: 'play' } // it waits for a click
  const key = sentence()
  if (!key) return undefined
  const values = { name, n: attempts.value + 1 }
  const why = `${key}.why` as Key
  const action = actions[key]
  return { what: say(key, values), why: reasons.has(key) ? '' : say(why, values), ...(action && { action }) }
}

/** States that explain themselves. */
const reasons = new Set<Key>(['connecting', 'ended', 'paused'])

function sentence(): Key | undefined {
  const code = cause.value
  if (code === 'ice_failed' && seen.value) return 'lost_connection' // it got through before
  if (code) return same[code] ?? (code as Key)
  switch (state.value) {
    case 'playing':
      return paused.value ? 'paused' : undefined
    case 'waiting':
      if (active.value !== false) return 'starting'
      return seen.value ? 'interrupted' : 'waiting'
    case 'reconnecting':
      return 'lost_connection'
    case 'connecting':
    case 'ended':
    case 'stalled':
    case 'offline':
      return state.value
    default:
      return 'internal'
  }
}
