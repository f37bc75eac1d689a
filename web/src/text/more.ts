import { texts } from './language'

export const en = {
  // Statistics
  picture: 'Picture',
  format: 'Format',
  rate: 'Rate',
  frames: 'Frames',
  freezes: 'Freezes',
  lost: 'Lost packets',
  round_trip: 'Round trip',
  behind: 'Delay here',
  'behind.why': 'Waiting in this browser, half the round trip to the server and decoding. The sender’s own delay is not in it.',
  measured: '{last} ms glass to glass · median {p50} · most {max}',
  measuring: 'Looking for the test clock…',
  // Quality
  quality: 'Quality',
  'quality.refused': 'That cannot be had right now.',
  auto: 'Auto',
  'auto.now': 'Auto ({now})',
  'auto.held': 'Auto ({now}, your network)',
  sound_only: 'Audio only',
  not_sent: 'not sent right now',
  now: 'Now',
  // The keyboard
  help: 'Keyboard',
  'help.open': 'This list',
  close: 'Close',
  play: 'Play or pause',
  volume: 'Louder, quieter',
  arrows: 'From stream to stream',
  enter: 'Watch it',
  find: 'Watch a stream by its name',
  space: 'Space',
  // Sound that is not heard
  silence: 'The sound cannot be played: {codec} is not for browsers',
  'silence.transcoder': 'The sound cannot be played: for {codec} the server needs FFmpeg',
  // Diagnostics
  diagnostics: 'Diagnostics',
  connection: 'Connection',
  path: 'Path',
  'path.none': 'None yet',
  sound: 'Sound',
  layer: 'Layer {layer}',
  nack: 'Asked again',
  pli: 'Key frames asked for',
  jitter: 'Jitter',
  limit: 'Limited by',
  'limit.none': 'nothing',
  'limit.cpu': 'this computer',
  'limit.bandwidth': 'the upload',
  'limit.other': 'something else',
  coder: 'Encoder or decoder',
  events: 'What happened',
  'events.none': 'Nothing yet',
  download: 'Download .json',
  private: 'It holds addresses of this machine, and no keys.',
}

export type Key = keyof typeof en

/** What the panels and dialogs say that come only when they are wanted. */
export const say = texts(en, { 'zh-CN': () => import('./zh-CN/more') })
