// How a video track is encoded for the way to the server: as one picture, or as three sizes of it (simulcast).
import { join, lines } from './sdp'

export interface Sending {
  /** The most that the largest layer may take, bits per second. */
  bps: number
  /** The most pictures a second. */
  fps: number
  /** By how much the picture is made smaller, 1 or more. */
  scale: number
  /** Send full, half and quarter size at once. Settled when a session begins. */
  simulcast: boolean
}

/** The layers of simulcast, smallest first, and the share of the largest one's rate that each takes. */
const layers = [
  { rid: 'q', smaller: 4, share: 0.1 },
  { rid: 'h', smaller: 2, share: 0.35 },
  { rid: 'f', smaller: 1, share: 1 },
] as const

/** encodings gives what addTransceiver wants. Formats that can put sizes into one stream are told not to. */
export function encodings(sending: Sending, mimeType = ''): RTCRtpEncodingParameters[] {
  if (!sending.simulcast) return [parameters(sending, 1, 1)]
  const single = /\/(vp9|av1)$/i.test(mimeType) && { scalabilityMode: 'L1T1' }
  return layers.map(({ rid, smaller, share }) => ({ rid, ...parameters(sending, smaller, share), ...single }))
}

/** adjust changes the encodings of a sender that is at work, and lets layers rest. Rejects when the browser refuses. */
export async function adjust(sender: RTCRtpSender, sending: Sending, resting: ReadonlySet<string>): Promise<void> {
  const now = sender.getParameters()
  for (const encoding of now.encodings) {
    const layer = layers.find(({ rid }) => rid === encoding.rid)
    Object.assign(encoding, parameters(sending, layer?.smaller ?? 1, layer?.share ?? 1), { active: !resting.has(encoding.rid ?? '') })
  }
  await sender.setParameters(now)
}

function parameters({ bps, fps, scale }: Sending, smaller: number, share: number) {
  return { maxBitrate: Math.round(bps * share), maxFramerate: fps, scaleResolutionDownBy: Math.max(1, scale) * smaller }
}

/**
 * withStartRate lets Chromium begin at a rate (kb/s) instead of at 300, from where it takes a quarter of a minute to a good
 * picture. It is a parameter of the video formats of an answer; other browsers do not look at it.
 */
export function withStartRate(answer: string, kbps: number): string {
  const all = lines(answer)
  const video = all.flatMap((line) => /^a=rtpmap:(\d+) (?:VP8|VP9|AV1|H264|H265)\//i.exec(line)?.[1] ?? [])
  return join(
    all.flatMap((line) => {
      const [, kind, type = ''] = /^a=(rtpmap|fmtp):(\d+) /.exec(line) ?? []
      if (!video.includes(type)) return [line]
      const format = `a=fmtp:${type} `
      if (kind === 'fmtp') return [`${line};x-google-start-bitrate=${kbps}`]
      return all.some((other) => other.startsWith(format)) ? [line] : [line, `${format}x-google-start-bitrate=${kbps}`]
    }),
  )
}
