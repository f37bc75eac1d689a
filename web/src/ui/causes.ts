// What a publisher is told about each failure. The sentences are in text/publish.ts by the same names: what happened, why,
// and the one thing to do. Never a status number alone.
import type { Cause } from '../lib/problem'
import { common } from '../text/frame'
import { say, type Key } from '../text/publish'

/** Failures of the camera, the microphone or the screen. */
export type CaptureCause =
  | 'insecure_context'
  | 'capture_blocked'
  | 'capture_embedded'
  | 'system_blocked'
  | 'no_device'
  | 'device_lost'
  | 'device_busy'
  | 'capture_unsupported'
  | 'capture_failed'
  | 'screen_ended'

/** What a button does: ask again, go on at once, or lead to the setting at fault. */
export type Remedy = 'again' | 'now' | 'here' | 'key' | 'name' | 'codec' | 'clock' | 'camera' | 'obs' | 'share' | 'tab' | 'other'

const remedies: Record<Cause | CaptureCause, Remedy> = {
  unauthorized: 'key',
  invalid_token: 'key',
  token_expired: 'key',
  forbidden: 'name',
  not_found: 'name',
  conflict: 'name',
  replaced: 'here',
  rate_limited: 'now',
  codec_unsupported: 'codec',
  rejected: 'name',
  draining: 'now',
  unavailable: 'now',
  ice_failed: 'now',
  no_media: 'again',
  gone: 'now',
  closed: 'now',
  unsupported_browser: 'obs',
  internal: 'again',
  insecure_context: 'obs',
  capture_blocked: 'again',
  capture_embedded: 'tab',
  system_blocked: 'again',
  no_device: 'clock',
  device_lost: 'other',
  device_busy: 'again',
  capture_unsupported: 'camera',
  capture_failed: 'again',
  screen_ended: 'share',
}

const shared: Partial<Record<Cause | CaptureCause, Key>> = { gone: 'lost_connection', closed: 'lost_connection' }

export interface Explanation {
  what: string
  why: string
  button: string
  remedy: Remedy
}

/** explain puts a failure into words; was live says that it got through before. */
export function explain(code: Cause | CaptureCause, name: string, host: string, wasLive: boolean): Explanation {
  const key = (code === 'ice_failed' && wasLive ? 'lost_connection' : (shared[code] ?? code)) as Key
  const remedy = remedies[code]
  const button = remedy === 'again' || remedy === 'now' ? common(remedy) : say(`do.${remedy}` as Key)
  return { what: say(key, { name, host }), why: say(`${key}.why` as Key, { name, host }), button, remedy }
}
