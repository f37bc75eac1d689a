// Qualities to choose from when sending.

/** Quality is what is asked of a source and allowed to its encoder. */
export interface Quality {
  /** Lines; the width follows from the source. */
  height: number
  fps: number
  /** Bits per second. */
  bps: number
  /** What the encoder gives up last: sharpness or smoothness (W3C mst-content-hint). */
  hint: '' | 'text' | 'detail' | 'motion'
}

export const presets = {
  talk: { height: 720, fps: 30, bps: 1_500_000, hint: '' },
  standard: { height: 1080, fps: 30, bps: 4_000_000, hint: '' },
  sport: { height: 1080, fps: 60, bps: 6_000_000, hint: 'motion' },
  text: { height: 1080, fps: 15, bps: 2_500_000, hint: 'text' },
  motion: { height: 1080, fps: 30, bps: 4_000_000, hint: 'motion' },
  low: { height: 480, fps: 30, bps: 600_000, hint: '' },
} as const satisfies Record<string, Quality>

export type Preset = keyof typeof presets

/** fitting lists the presets for a screen, or for anything else. */
export function fitting(screen: boolean): Preset[] {
  return screen ? ['text', 'motion', 'low'] : ['talk', 'standard', 'sport', 'low']
}

/** lower gives a quality of the same kind that takes clearly less; undefined at the bottom. */
export function lower(quality: Quality): Quality | undefined {
  if (quality.bps <= 300_000) return undefined
  const height = quality.height > 480 ? Math.round(quality.height / 1.5 / 2) * 2 : quality.height
  return { ...quality, height, fps: Math.min(quality.fps, 30), bps: Math.max(300_000, Math.round(quality.bps / 2 / 50_000) * 50_000) }
}
