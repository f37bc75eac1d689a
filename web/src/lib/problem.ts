/** What went wrong, in one word that pages turn into a sentence and a button. */
export const causes = [
  'unauthorized', //       no token (401)
  'invalid_token', //      a token the server does not know, or no longer
  'token_expired', //      it was valid once
  'forbidden', //          a good token without this right (403)
  'not_found', //          nobody knows this stream here (404 on the endpoint)
  'conflict', //           the name is taken (409); for a viewer: not live yet
  'rate_limited', //       too many tries (429); see retryAfter
  'codec_unsupported', //  no codec in common (406, 415, 422), or the browser lacks the one asked for
  'rejected', //           the server does not accept this request at all (other 4xx)
  'unavailable', //        no answer, or the server is overloaded (5xx)
  'draining', //           the server is going down, most likely to come back
  'ice_failed', //         signalling works, but media finds no way through
  'no_media', //           connected, yet no picture comes
  'gone', //               the server forgot the session
  'closed', //             the server ended the session
  'replaced', //           somebody else with the same identity took the stream over
  'unsupported_browser', // no WebRTC in this browser
  'internal', //           an answer that makes no sense
] as const

export type Cause = (typeof causes)[number]

/** Problem is how every failure of a session reaches its owner. */
export class Problem extends Error {
  constructor(
    readonly code: Cause,
    message: string,
    /** HTTP status, 0 when there was no answer. */
    readonly status = 0,
    /** How long the server asks to wait, in milliseconds. */
    readonly retryAfter?: number,
  ) {
    super(message)
    this.name = 'Problem'
  }

  /** The server knows who asks, or wants to, and says no. */
  get denial(): boolean {
    return this.code === 'unauthorized' || this.code === 'invalid_token' || this.code === 'token_expired' || this.code === 'forbidden'
  }
}

const byStatus: Record<number, Cause> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  406: 'codec_unsupported',
  409: 'conflict',
  410: 'not_found',
  415: 'codec_unsupported',
  422: 'codec_unsupported',
  429: 'rate_limited',
}

/** problemOf reads a refusal: problem details (RFC 9457) when there are any, else the status alone. */
export async function problemOf(response: Response): Promise<Problem> {
  const { code, detail, title } = await detailsOf(response)
  const fallback = byStatus[response.status] ?? (response.status >= 500 ? 'unavailable' : 'rejected')
  const known = causes.find((cause) => cause === code)
  return new Problem(known ?? fallback, detail ?? title ?? `the server answered ${response.status}`, response.status, retryAfterOf(response))
}

async function detailsOf(response: Response): Promise<{ code?: string; detail?: string; title?: string }> {
  const json = /^application\/problem\+json\b/i.test(response.headers.get('Content-Type') ?? '')
  const body: unknown = json ? await response.json().catch(() => null) : null
  if (typeof body !== 'object' || body === null) return {}
  return Object.fromEntries(Object.entries(body).filter(([, value]) => typeof value === 'string'))
}

/** Retry-After is seconds or a date (RFC 9110 §10.2.3). */
function retryAfterOf(response: Response, now = Date.now()): number | undefined {
  const value = response.headers.get('Retry-After')
  if (!value) return undefined
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined
}
