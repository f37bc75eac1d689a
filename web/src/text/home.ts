import { texts } from './language'

export const en = {
  title: 'Streams · Lectern',
  live: 'Live now',
  live_n: 'Live now ({n})',
  none: 'Nobody is live right now',
  'none.why': 'The next stream shows up here by itself. Be the first:',
  looking: 'Looking for streams…',
  stale: 'The server does not answer.',
  'stale.why': 'What you see may be out of date. Trying again by itself…',
  waiting: 'Waiting',
  'waiting.why': 'The sender is away and may come back.',
  viewers: '{n, plural, one {# viewer} other {# viewers}}',
  demo: 'Demo',
  by: 'via {protocol}',
  'health.good': 'All is well',
  'health.starting': 'Starting…',
  'health.waiting': 'Nobody is sending now',
  'health.silent': 'No sound',
  'health.mute': 'No sound: browsers cannot play {codec}',
  'health.b_frames': 'B-frames: not as smooth as sent',
  'health.key_frames': 'A key frame only every {s} s',
  'health.dark': 'No picture',
  'health.codec': 'This browser may not play {codec}',
  'health.thin': 'Very low bitrate: {rate}',
  begin: 'Get started',
  test: 'Start a test stream',
  by_name: 'Watch a stream by its name',
  'by_name.rule': 'Letters, digits, - and _',
  watch: 'Watch',
  'room.new': 'New room',
  'room.refused': 'No room could be made. Try again',
  version: 'Lectern {version}',
  healthy: 'Server is healthy',
  unhealthy: 'Server does not answer',
}

export type Key = keyof typeof en

/** What / says. */
export const say = texts(en, { 'zh-CN': () => import('./zh-CN/home') })
