// getStats as its readers (received.ts, sent.ts) want it.

/** Entry is one object of a report. */
export interface Entry {
  type: string
  kind?: string
  codecId?: string
  mimeType?: string
  qualityLimitationReason?: string
  nominated?: boolean
  state?: string
  [name: string]: unknown
}

/** number reads a field; 0 when it is missing. */
export const number = (entry: Entry, name: string) => (typeof entry[name] === 'number' ? (entry[name] as number) : 0)

/** entries gives a report as a map by id. */
export async function entries(pc: RTCPeerConnection): Promise<Map<string, Entry>> {
  const all = new Map<string, Entry>()
  ;(await pc.getStats()).forEach((entry: Entry, id: string) => all.set(id, entry))
  return all
}

/** codec gives the MIME type of a stream; "" while there is none. */
export function codec(all: Map<string, Entry>, entry: Entry): string {
  return all.get(entry.codecId ?? '')?.mimeType ?? ''
}

/** rtt gives the round-trip time of the path in use, in milliseconds. */
export function rtt(all: Map<string, Entry>): number {
  for (const entry of all.values()) {
    if (entry.type === 'candidate-pair' && entry.nominated && entry.state === 'succeeded') return number(entry, 'currentRoundTripTime') * 1000
  }
  return 0
}
