// What the pages say about each failure: what happened, why, and the one thing to do. Never a status number alone.
import type { Cause } from '../lib/problem'

/** Failures of the camera, the microphone or the screen. */
export type CaptureCause =
  | 'insecure_context'
  | 'capture_blocked'
  | 'system_blocked'
  | 'no_device'
  | 'device_busy'
  | 'capture_unsupported'
  | 'capture_failed'
  | 'screen_ended'

/** What a button of a failure does: ask again, or lead to the setting at fault. */
export type Remedy = 'retry' | 'key' | 'name' | 'codec' | 'source' | 'none'

export interface Explanation {
  text: string
  button: string
  remedy: Remedy
}

const again = { button: 'Try again', remedy: 'retry' } as const
const now = { button: 'Try now', remedy: 'retry' } as const

/** sending explains to a publisher. */
export function sending(code: Cause | CaptureCause, name: string, host: string): Explanation {
  const texts: Record<Cause | CaptureCause, Explanation> = {
    unauthorized: { text: `The key for “${name}” is missing or wrong.`, button: 'Enter key', remedy: 'key' },
    token_expired: { text: 'This key was valid once and has expired. Ask for a new one.', button: 'Enter key', remedy: 'key' },
    forbidden: { text: `This key does not allow publishing as “${name}”.`, button: 'Change the name', remedy: 'name' },
    not_found: { text: 'This server has no place to publish to under this name.', button: 'Change the name', remedy: 'name' },
    conflict: { text: `“${name}” is already live from somewhere else.`, button: 'Use another name', remedy: 'name' },
    replaced: { text: `“${name}” is now being sent from another place with the same key.`, button: 'Go live here', remedy: 'retry' },
    rate_limited: { text: 'Too many attempts. The next one follows by itself in a moment.', ...now },
    codec_unsupported: { text: 'The server and this browser have no video format in common with the present choice.', button: 'Choose automatically', remedy: 'codec' },
    rejected: { text: 'The server does not accept this name or this offer.', button: 'Change the name', remedy: 'name' },
    unavailable: { text: 'The server does not answer. Trying again until it does.', ...now },
    ice_failed: {
      text: 'The server answers, but video does not get through to it. Usually a firewall or a VPN is in the way. Trying again.',
      ...now,
    },
    no_media: { text: 'Nothing is being sent.', ...again },
    gone: { text: 'The server ended the connection. Connecting again.', ...now },
    closed: { text: 'The server ended the connection. Connecting again.', ...now },
    unsupported_browser: { text: 'This browser cannot send live video. Use a current Chrome, Edge, Firefox or Safari.', button: '', remedy: 'none' },
    internal: { text: 'The server and this browser did not understand each other.', ...again },
    insecure_context: {
      text: `The browser allows camera, microphone and screen only on https:// or localhost. You opened ${host}. Ask the owner of the server to turn on TLS; the test clock works here, too.`,
      button: 'Use the test clock',
      remedy: 'source',
    },
    capture_blocked: {
      text: 'Access is blocked for this site. Click the camera icon in the address bar, choose Allow, then try again.',
      ...again,
    },
    system_blocked: { text: 'The operating system does not let this browser use it. Allow it in the system’s privacy settings.', ...again },
    no_device: { text: 'No camera and no microphone found. You can still send your screen or the test clock.', button: 'Use the test clock', remedy: 'source' },
    device_busy: { text: 'Another program is using the camera or the microphone. Close it, then try again.', ...again },
    capture_unsupported: { text: 'This browser cannot send its screen. Use the camera instead.', ...again },
    capture_failed: { text: 'The camera, the microphone or the screen could not be opened.', ...again },
    screen_ended: { text: 'Screen sharing stopped. Viewers see the last picture.', button: 'Share again', remedy: 'retry' },
  }
  return texts[code]
}

/** watching explains to a viewer. */
export function watching(code: Cause, name: string): Explanation {
  const lost = { text: 'Connection lost. Reconnecting…', ...now }
  const texts: Record<Cause, Explanation> = {
    unauthorized: { text: 'This link or key is not valid. Enter the key you were given.', button: '', remedy: 'key' },
    token_expired: { text: 'This link was valid once and has expired. Ask for a new one.', button: '', remedy: 'key' },
    forbidden: { text: 'This key does not allow watching this stream.', button: '', remedy: 'key' },
    not_found: { text: `“${name}” is not live right now. It starts here by itself.`, button: '', remedy: 'none' },
    conflict: { text: `“${name}” is not live right now. It starts here by itself.`, button: '', remedy: 'none' },
    rate_limited: { text: 'The server is busy. The next attempt follows by itself in a moment.', ...now },
    codec_unsupported: { text: 'This browser cannot play the format of this stream. Try another browser.', ...again },
    rejected: { text: 'The server does not accept this address. Check the spelling of the name.', button: '', remedy: 'none' },
    unavailable: { text: 'The server does not answer. Trying again until it does.', ...now },
    ice_failed: {
      text: 'The connection to the server is there, but video does not get through. Usually a firewall or a VPN is in the way. Trying again.',
      ...now,
    },
    no_media: { text: 'Waiting for the first picture… Some senders send a key frame only every few seconds.', button: '', remedy: 'none' },
    gone: lost,
    closed: lost,
    replaced: lost,
    unsupported_browser: { text: 'This browser cannot play live video. Use a current Chrome, Edge, Firefox or Safari.', button: '', remedy: 'none' },
    internal: { text: 'The server and this browser did not understand each other.', ...again },
  }
  return texts[code]
}
