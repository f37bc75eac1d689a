import type { SentLayer } from '../lib/sent'
import { rate } from '../ui/format'

/** layerName tells people which layer it is: by its lines, else by its rate, and by the name in the protocol only when neither is known. */
export function layerName({ rid, width, height, most }: Pick<SentLayer, 'rid' | 'width' | 'height' | 'most'>): string {
  if (height > 0) return `${Math.min(width, height) || height}p` // upright ones too are called by their shorter side
  return most > 0 ? rate(most) : rid
}
