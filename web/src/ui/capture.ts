import type { CaptureCause } from './causes'
import { clockSource } from './clocksource'

export type SourceKind = 'camera' | 'screen' | 'clock'

/** Capture is a stream and the means to let its devices go. */
export interface Capture {
  kind: SourceKind
  stream: MediaStream
  close(): void
}

/** Why there is no capture; `cancelled` is a person's own choice and needs no words. */
export class CaptureFailure extends Error {
  constructor(readonly code: CaptureCause | 'cancelled') {
    super(code)
  }
}

/** capture opens a source. Rejects with a CaptureFailure. */
export async function capture(kind: SourceKind): Promise<Capture> {
  if (kind === 'clock') return { kind, ...clockSource() }
  if (!window.isSecureContext || !navigator.mediaDevices) throw new CaptureFailure('insecure_context')
  const stream = await (kind === 'camera' ? camera() : screen()).catch((error: unknown) => {
    throw new CaptureFailure(causeOf(kind, error))
  })
  return { kind, stream, close: () => stream.getTracks().forEach((track) => track.stop()) }
}

const picture = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } }

async function camera(): Promise<MediaStream> {
  for (const wanted of [{ video: picture, audio: true }, { video: picture }]) {
    try {
      return await navigator.mediaDevices.getUserMedia(wanted)
    } catch (error) {
      if (nameOf(error) !== 'NotFoundError') throw error // one of the two is missing: take what there is
    }
  }
  return navigator.mediaDevices.getUserMedia({ audio: true })
}

async function screen(): Promise<MediaStream> {
  if (!navigator.mediaDevices.getDisplayMedia) throw new DOMException('no screen capture', 'NotSupportedError')
  const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: 30 }, audio: true })
  for (const track of stream.getVideoTracks()) track.contentHint = 'detail'
  return stream
}

const causes: Record<string, CaptureCause> = {
  NotAllowedError: 'capture_blocked',
  SecurityError: 'capture_blocked',
  NotFoundError: 'no_device',
  NotReadableError: 'device_busy',
  AbortError: 'device_busy',
  NotSupportedError: 'capture_unsupported',
}

function causeOf(kind: SourceKind, error: unknown): CaptureCause | 'cancelled' {
  const name = nameOf(error)
  if (name === 'NotAllowedError' && /system/i.test(String(error))) return 'system_blocked'
  if (kind === 'screen' && (name === 'NotAllowedError' || name === 'InvalidStateError')) return 'cancelled' // or not asked by a click
  return causes[name] ?? 'capture_failed'
}

const nameOf = (error: unknown) => (error instanceof Error ? error.name : '')
