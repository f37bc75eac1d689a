/** One entry of a Link header (RFC 8288): its target as written, and its parameters with lower-case names. */
export interface Link {
  target: string
  rel: string[]
  params: Record<string, string>
}

/**
 * parseLinks reads a Link header. Several headers arrive from fetch as one, joined by commas, and commas and semicolons
 * may also stand inside targets and quoted values, so that splitting is not enough. What cannot be read ends the list.
 */
export function parseLinks(header: string | null): Link[] {
  const links: Link[] = []
  const text = header ?? ''
  let at = 0
  const skip = (chars: string) => {
    while (at < text.length && chars.includes(text[at]!)) at++
  }
  const until = (stops: string) => {
    const from = at
    while (at < text.length && !stops.includes(text[at]!)) at++
    return text.slice(from, at).trim()
  }
  const quoted = () => {
    let value = ''
    for (at++; at < text.length && text[at] !== '"'; at++) {
      if (text[at] === '\\') at++
      value += text[at] ?? ''
    }
    at++
    return value
  }

  for (;;) {
    skip(', \t')
    if (text[at] !== '<') return links
    at++
    const target = until('>')
    at++
    const params: Record<string, string> = {}
    for (skip(' \t'); text[at] === ';'; skip(' \t')) {
      skip('; \t')
      const name = until('=;,').toLowerCase()
      if (text[at] !== '=') continue
      at++
      skip(' \t')
      const value = text[at] === '"' ? quoted() : until(';,')
      params[name] ??= value // the first one counts (RFC 8288 §3.3)
    }
    links.push({ target, params, rel: (params['rel'] ?? '').toLowerCase().split(/\s+/) })
  }
}

/** iceServers gives the STUN and TURN servers among links (RFC 9725 §4.6). */
export function iceServers(links: Link[]): RTCIceServer[] {
  return links
    .filter((link) => link.rel.includes('ice-server'))
    .map(({ target, params: { username, credential } }) => ({
      urls: target,
      ...(username !== undefined && { username }),
      ...(credential !== undefined && { credential }),
    }))
}
