import { backoff } from './backoff'
import { parseLinks, type Link } from './link'
import { Problem, problemOf } from './problem'

/** How long one request may take. */
const requestTimeout = 10_000
/** How often in a row a PATCH that the server did not answer is sent again. */
const patchTries = 5

/** request is fetch with the token, a time limit, and failures as a Problem. */
export async function request(url: string, token: string | undefined, init: RequestInit & { headers?: Record<string, string> }): Promise<Response> {
  const headers = { ...init.headers, ...(token && { Authorization: `Bearer ${token}` }) }
  const signal = init.keepalive ? null : AbortSignal.timeout(requestTimeout)
  try {
    return await fetch(url, { ...init, headers, signal })
  } catch (error) {
    throw new Problem('unavailable', `no answer from the server: ${String(error)}`)
  }
}

/** Resource is the session as HTTP sees it: a URL that was made by POST, is changed by PATCH and ended by DELETE. */
export class Resource {
  private constructor(
    private readonly url: string,
    private readonly token: string | undefined,
    /** Entity tag of the current ICE session; null where the server gives none. */
    public etag: string | null,
    /** What the 201 linked to. Targets are absolute, but for ICE servers. */
    readonly links: Link[],
    /** The SDP answer. */
    readonly answer: string,
  ) {}

  /** create sends the offer (RFC 9725 §4.2). Rejects with a Problem. */
  static async create(endpoint: string, token: string | undefined, offer: string): Promise<Resource> {
    const response = await request(endpoint, token, { method: 'POST', body: offer, headers: { 'Content-Type': 'application/sdp' } })
    if (response.status !== 201) throw await problemOf(response)
    const base = response.url || endpoint // a redirect may have moved us
    const location = response.headers.get('Location')
    if (!location) throw new Problem('internal', 'the answer names no session', response.status)
    const links = parseLinks(response.headers.get('Link')).map((link) =>
      link.rel.includes('ice-server') ? link : { ...link, target: absolute(link.target, base) },
    )
    return new Resource(absolute(location, base), token, response.headers.get('ETag'), links, await response.text())
  }

  /**
   * patch sends an ICE fragment under the given condition (RFC 9725 §4.3.1), again and again while the server is busy or
   * out of reach and alive() holds. Undefined when that did not help.
   */
  async patch(fragment: string, ifMatch: string | null, alive: () => boolean): Promise<Response | undefined> {
    const headers = { 'Content-Type': 'application/trickle-ice-sdpfrag', ...(ifMatch && { 'If-Match': ifMatch }) }
    for (let attempt = 0; attempt < patchTries && alive(); attempt++) {
      const response = await request(this.url, this.token, { method: 'PATCH', body: fragment, headers }).catch(() => undefined)
      const busy = !response || response.status === 429 || (response.status >= 500 && response.status !== 501)
      if (!busy) return response
      const asked = response && (await problemOf(response)).retryAfter
      await new Promise((resolve) => setTimeout(resolve, asked ?? backoff(attempt)))
    }
    return undefined
  }

  /** delete ends the session. With keepalive the request outlives the page. Never rejects: who leaves does not care. */
  async delete(keepalive = false): Promise<void> {
    await request(this.url, this.token, { method: 'DELETE', keepalive }).catch(() => undefined)
  }
}

function absolute(reference: string, base: string): string {
  return new URL(reference, new URL(base, globalThis.location?.href)).href
}
