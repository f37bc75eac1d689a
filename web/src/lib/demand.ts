// Which layers of a simulcast publisher somebody wants, as Lectern tells: an extension of WHIP that other servers lack.
import type { Link } from './link'

const rel = 'urn:lectern:whip:ext:layers'

/**
 * followDemand calls back with the names of the layers that nobody wants, each time that they change, and with none while
 * the server cannot be heard: then all are sent. It returns what ends it; undefined when the server does not tell.
 */
export function followDemand(links: Link[], changed: (resting: ReadonlySet<string>) => void): (() => void) | undefined {
  const link = links.find((link) => link.rel.includes(rel))
  if (!link) return undefined
  const source = new EventSource(link.target)
  source.addEventListener('layers', ({ data }) => changed(restingIn(data)))
  source.addEventListener('error', () => changed(new Set())) // it comes back by itself, and says all again
  return () => source.close()
}

function restingIn(data: string): Set<string> {
  try {
    const layers: unknown = JSON.parse(data)
    if (!Array.isArray(layers)) return new Set()
    return new Set(layers.flatMap((layer) => (typeof layer?.rid === 'string' && layer.wanted === false ? [layer.rid] : [])))
  } catch {
    return new Set()
  }
}
