import type { Quality } from '../lib/presets'
import type { CaptureCause } from './causes'
import { clockSource } from './clocksource'
import { compose } from './composition'

export type SourceKind = 'camera' | 'screen' | 'both' | 'clock'

/** What to open. Devices are named by their ids; "" is the browser's own choice, and a microphone of "none" is no sound. */
export interface Wanted {
  kind: SourceKind
  camera: string
  microphone: string
  quality: Quality
  /** Leave the sound as it is: stereo, no echo cancellation. */
  music: boolean
}

/** Capture is a stream and the means to let its devices go. */
export interface Capture {
  kind: SourceKind
  stream: MediaStream
  /** What the stream is made of; each of them may end by itself. */
  devices: MediaStreamTrack[]
  close(): void
}

/** Why there is no capture; `cancelled` is a person's own choice and needs no words. */
export class CaptureFailure extends Error {
  constructor(readonly code: CaptureCause | 'cancelled') {
    super(code)
  }
}

/** capture opens a source. Rejects with a CaptureFailure. */
export async function capture(wanted: Wanted): Promise<Capture> {
  const { kind } = wanted
  if (kind === 'clock') return { kind, devices: [], ...clockSource() }
  if (!window.isSecureContext || !navigator.mediaDevices) throw new CaptureFailure('insecure_context')
  const opened: MediaStream[] = []
  try {
    if (kind !== 'camera') opened.push(await screen(wanted))
    if (kind !== 'screen') opened.push(await camera(wanted))
    return await assemble(wanted, opened)
  } catch (error) {
    opened.forEach(release)
    throw new CaptureFailure(causeOf(kind !== 'camera' && opened.length === 0, error))
  }
}

async function assemble({ kind, quality }: Wanted, opened: MediaStream[]): Promise<Capture> {
  const devices = opened.flatMap((stream) => stream.getTracks())
  const [first, second] = opened as [MediaStream, MediaStream?]
  if (!second?.getVideoTracks().length) {
    for (const track of second?.getAudioTracks() ?? []) first.addTrack(track) // a screen, a microphone and no camera
    return { kind, stream: first, devices, close: () => opened.forEach(release) }
  }
  const both = await compose(first, second, quality.fps)
  const close = () => {
    both.close()
    opened.forEach(release)
  }
  return { kind, stream: both.stream, devices, close }
}

const release = (stream: MediaStream) => stream.getTracks().forEach((track) => track.stop())

/** videoOf says what a quality asks of a camera. All of it is a wish: what the camera cannot do, it does not refuse. */
export function videoOf({ height, fps }: Quality): MediaTrackConstraints {
  return { width: { ideal: Math.round((height * 16) / 9) }, height: { ideal: height }, frameRate: { ideal: fps } }
}

async function camera({ camera, microphone, quality, music }: Wanted): Promise<MediaStream> {
  const plain = { echoCancellation: !music, noiseSuppression: !music, autoGainControl: !music, ...(music && { channelCount: { ideal: 2 } }) }
  const video = { ...videoOf(quality), ...(camera && { deviceId: { exact: camera } }) }
  const audio = microphone !== 'none' && { ...plain, ...(microphone && { deviceId: { exact: microphone } }) }
  const anyDevice = { video: videoOf(quality), audio: audio && plain }
  const ways: MediaStreamConstraints[] = [{ video, audio }, anyDevice, { video: videoOf(quality) }, { audio: plain }]
  let first: unknown
  for (const way of ways) {
    try {
      return await navigator.mediaDevices.getUserMedia(way)
    } catch (error) {
      first ??= error
      if (!missing.has(nameOf(error))) throw error
    }
  }
  throw first
}

/** One of the devices asked for is not there: take what is. */
const missing = new Set(['NotFoundError', 'OverconstrainedError'])

async function screen({ quality }: Wanted): Promise<MediaStream> {
  if (!navigator.mediaDevices.getDisplayMedia) throw new DOMException('no screen capture', 'NotSupportedError')
  return navigator.mediaDevices.getDisplayMedia({ video: { frameRate: quality.fps }, audio: true })
}

const causes: Record<string, CaptureCause> = {
  NotAllowedError: 'capture_blocked',
  SecurityError: 'capture_blocked',
  NotFoundError: 'no_device',
  OverconstrainedError: 'no_device',
  NotReadableError: 'device_busy',
  AbortError: 'device_busy',
  NotSupportedError: 'capture_unsupported',
}

function causeOf(screen: boolean, error: unknown): CaptureCause | 'cancelled' {
  const name = nameOf(error)
  if (name === 'NotAllowedError' && /system/i.test(String(error))) return 'system_blocked'
  if (name === 'NotAllowedError' && !frameAllows(screen)) return 'capture_embedded'
  if (screen && (name === 'NotAllowedError' || name === 'InvalidStateError')) return 'cancelled' // or not asked by a click
  return causes[name] ?? 'capture_failed'
}

/** frameAllows is false when a page that embeds us withholds the device. */
function frameAllows(screen: boolean): boolean {
  if (window.top === window) return true
  const policy = (document as { featurePolicy?: { allowsFeature(name: string): boolean } }).featurePolicy
  return policy?.allowsFeature(screen ? 'display-capture' : 'camera') ?? true
}

const nameOf = (error: unknown) => (error instanceof Error ? error.name : '')
