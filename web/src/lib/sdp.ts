/** ICE credentials and what goes with them, as an SDP or a fragment of one carries it. */
export interface Ice {
  ufrag: string
  pwd: string
  options?: string | undefined
  candidates: string[]
  end: boolean
}

/** lines takes an SDP apart, join puts it together. */
export const lines = (sdp: string) => sdp.split(/\r?\n/).filter((line) => line !== '')
export const join = (all: string[]) => all.join('\r\n') + '\r\n'
const value = (all: string[], prefix: string) => all.find((line) => line.startsWith(prefix))?.slice(prefix.length)

/** iceOf reads the first ICE description of an SDP or fragment; undefined when there are no credentials. */
export function iceOf(sdp: string): Ice | undefined {
  const all = lines(sdp)
  const ufrag = value(all, 'a=ice-ufrag:')
  const pwd = value(all, 'a=ice-pwd:')
  if (!ufrag || !pwd) return undefined
  return {
    ufrag,
    pwd,
    options: value(all, 'a=ice-options:'),
    candidates: [...new Set(all.filter((line) => line.startsWith('a=candidate:')))],
    end: all.includes('a=end-of-candidates'),
  }
}

/**
 * fragment writes what a PATCH carries (RFC 8840 §9; RFC 9725 §4.3.2): one pseudo m-line for the section that carries
 * the bundle's transport, the credentials, and candidates with their `a=` in front.
 */
export function fragment(offer: string, ice: Ice): string {
  const all = lines(offer)
  const group = value(all, 'a=group:BUNDLE ')
  const kind = value(all, 'm=')?.split(' ')[0] ?? 'audio'
  const mid = group?.split(' ')[0] ?? value(all, 'a=mid:') ?? '0'
  return join([
    ...(ice.options ? [`a=ice-options:${ice.options}`] : []),
    ...(group ? [`a=group:BUNDLE ${group}`] : []),
    `m=${kind} 9 UDP/TLS/RTP/SAVPF 0`,
    `a=mid:${mid}`,
    `a=ice-ufrag:${ice.ufrag}`,
    `a=ice-pwd:${ice.pwd}`,
    ...ice.candidates,
    ...(ice.end ? ['a=end-of-candidates'] : []),
  ])
}

/** withIce puts the server's new credentials and candidates into its earlier answer: the answer to a restart. */
export function withIce(answer: string, ice: Ice): string {
  let first = true // a bundle has one transport: its candidates go into the first section
  const result: string[] = []
  for (const line of lines(answer)) {
    if (line.startsWith('a=candidate:') || line === 'a=end-of-candidates') continue
    if (line.startsWith('a=ice-ufrag:')) {
      result.push(`a=ice-ufrag:${ice.ufrag}`)
    } else if (line.startsWith('a=ice-pwd:')) {
      result.push(`a=ice-pwd:${ice.pwd}`)
    } else {
      result.push(line)
    }
    if (line.startsWith('a=mid:') && first) {
      result.push(...ice.candidates)
      if (ice.end) result.push('a=end-of-candidates')
      first = false
    }
  }
  return join(result)
}

/** withStereo asks for stereo in every Opus format of an offer: without it browsers take and give one channel. */
export function withStereo(sdp: string): string {
  const all = lines(sdp)
  const opus = all.flatMap((line) => /^a=rtpmap:(\d+) opus\/48000\/2$/i.exec(line)?.[1] ?? [])
  return join(
    all.flatMap((line) => {
      const type = /^a=(?:rtpmap|fmtp):(\d+) /.exec(line)?.[1]
      if (!type || !opus.includes(type)) return [line]
      const format = `a=fmtp:${type} `
      if (line.startsWith(format)) return [/[ ;]stereo=/.test(line) ? line : `${line};stereo=1`]
      return all.some((other) => other.startsWith(format)) ? [line] : [line, `${format}stereo=1`]
    }),
  )
}
