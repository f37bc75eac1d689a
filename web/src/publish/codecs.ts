/** What this browser can send, as MIME types, in its own order. */
export const codecs = able()

/**
 * codecAsked keeps a format that this browser lacks among the choices: who asked for it is told so, and not given another.
 */
export function codecAsked(asked: string): string {
  const known = codecs.find((type) => type.toLowerCase() === asked.toLowerCase())
  if (!known && asked) codecs.push(asked)
  return known ?? asked
}

function able(): string[] {
  if (typeof RTCRtpSender === 'undefined') return []
  const all = RTCRtpSender.getCapabilities('video')?.codecs.map((codec) => codec.mimeType) ?? []
  return [...new Set(all)].filter((type) => !/\/(rtx|red|ulpfec|flexfec-03)$/i.test(type))
}
