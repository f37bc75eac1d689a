import type { Stream } from '../lib/streams'

/** largest gives the video track, or its largest layer. */
export function largest(tracks: Stream['tracks']): Stream['tracks'][number] | undefined {
  return tracks.filter((track) => track.kind === 'video').sort((a, b) => (b.height ?? 0) - (a.height ?? 0))[0]
}

/** encoderName makes of what encoders call themselves what people call them. */
export function encoderName(encoder = ''): string {
  const obs = /libobs version (\d+(?:\.\d+)*)/.exec(encoder)
  if (obs) return `OBS ${obs[1]!.replace(/(\.0)+$/, '')}`
  if (/^Lavf/i.test(encoder)) return 'FFmpeg'
  return encoder.length > longest ? `${encoder.slice(0, longest - 1)}…` : encoder
}

/** Names longer than this say no more. */
const longest = 32
