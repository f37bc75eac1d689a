import { texts } from './language'

export const en = {
  ways: 'Ways to send',
  browser: 'Browser',
  phone: 'Phone',
  'browser.what': 'Send your camera, your screen or a test clock from this browser. Nothing to install.',
  'browser.go': 'Open the studio',
  'browser.insecure': 'Camera and screen need https:// or localhost; this is {host}. The test clock, OBS and FFmpeg work here as well.',
  'obs.settings': 'In OBS 30 or newer, under Settings → Stream:',
  service: 'Service',
  server: 'Server',
  token: 'Bearer token',
  'token.free': 'Leave it empty: from this computer no key is needed.',
  'token.missing': 'The server’s terminal printed it at the first start; it is also in the file publish.key of the server’s data folder. Enter it here to have it filled in everywhere:',
  key: 'Key',
  show: 'Show',
  hide: 'Hide',
  'obs.output': 'Under Settings → Output, mode Advanced:',
  interval: 'Keyframe interval',
  'interval.value': '1 s',
  bframes: 'Max B-frames',
  'bframes.why': 'Browsers stutter with B-frames.',
  tune: 'Tune',
  rate: 'Bitrate',
  'obs.note': 'OBS from Ubuntu’s own archive may lack WHIP; the Flatpak has it.',
  'ffmpeg.what': 'FFmpeg 8 or newer sends a file, a camera or this test picture:',
  'ffmpeg.test': 'A test picture with a tone',
  'ffmpeg.file': 'A file, input.mp4',
  'phone.scan': 'Scan it with the phone’s camera.',
  'phone.studio': 'It opens the studio on the phone.',
  'phone.key': 'The code carries the key: show it to nobody else.',
  'phone.watch': 'It opens this list on the phone. Watching works; for its camera the server needs https (http.tls_cert).',
  'phone.local': 'A phone cannot open {host}: that name means the phone itself. Open this page by the address that the server’s terminal prints under “From outside”, and the code is here.',
  code: 'QR code for {url}',
  'check.none': 'Waiting for “{name}”…',
  'check.live': '“{name}” is live: {facts}',
  then: 'Viewers open',
}

export type Key = keyof typeof en

/** What the guides to other programs say, wherever they are. */
export const say = texts(en, { 'zh-CN': () => import('./zh-CN/guide') })
