// The two extensions of WHEP that Lectern has: events sent by the server, and the choice of a layer.
import { backoff } from './backoff'
import { Emitter } from './emitter'
import type { Link } from './link'
import { problemOf } from './problem'
import { request } from './resource'

/** One encoding of a video section. A bitrate of 0 or none means that it is not being sent now. */
export interface Layer {
  rid?: string
  spatialLayerId?: number
  temporalLayerId?: number
  bitrate?: number
  targetBitrate?: number
  width?: number
  height?: number
  /** This viewer gets it now: a word of Lectern's own. */
  current?: boolean
}

/** Which layer to send. Without rid, spatialLayerId and temporalLayerId the server chooses again by itself. */
export interface LayerChoice {
  /** Index of the section in the offer; left out, the first video. */
  mediaId?: string
  rid?: string
  spatialLayerId?: number
  temporalLayerId?: number
  maxSpatialLayerId?: number
  maxTemporalLayerId?: number
  maxWidth?: number
  /** 0 is no picture at all: a word of Lectern's own. */
  maxHeight?: number
}

export interface ServerEvents {
  /** The subscription stands; what the server has to say at its beginning follows. */
  open: void
  /** The server knows nothing of this session any more: it was restarted, most likely. */
  gone: void
  /** The stream is being published, or no longer. */
  active: boolean
  viewercount: number
  /** Layers by index of the section. */
  layers: Record<string, Layer[]>
  /** The server asks for a new session. */
  reconnect: void
}

const eventsRel = 'urn:ietf:params:whep:ext:core:server-sent-events'
const layerRel = 'urn:ietf:params:whep:ext:core:layer'
const wanted = ['active', 'inactive', 'viewercount', 'layers', 'reconnect']
/** How often a subscription that the server closed is made again. */
const tries = 5

/** ServerEventStream subscribes to the events of one session until it is closed. */
export class ServerEventStream extends Emitter<ServerEvents> {
  #source: EventSource | undefined
  #closed = false

  /** of finds the event stream among the links of a session; undefined when the server has none. */
  static of(links: Link[], token: string | undefined): ServerEventStream | undefined {
    const link = links.find((link) => link.rel.includes(eventsRel))
    return link && new ServerEventStream(link, token)
  }

  private constructor(
    private readonly link: Link,
    private readonly token: string | undefined,
  ) {
    super()
  }

  /** open subscribes. Events are a convenience: when they cannot be had, nothing is reported, and playing goes on. */
  open(attempt = 0): void {
    void this.#subscribe(attempt).catch(() => this.#again(attempt))
  }

  /** close ends the subscription; the server forgets it with the session. */
  close(): void {
    this.#closed = true
    this.#source?.close()
  }

  async #subscribe(attempt: number): Promise<void> {
    const offered = this.link.params['events']?.split(',').map((name) => name.trim())
    let response = await this.#ask(offered ? wanted.filter((name) => offered.includes(name)) : wanted)
    if (response.status === 400) response = await this.#ask(['active', 'inactive']) // one unknown name refuses them all
    if (response.status === 404 && !this.#closed) return this.emit('gone', undefined)
    const location = response.headers.get('Location')
    if (response.status !== 201 || !location || this.#closed) return
    const source = new EventSource(new URL(location, response.url || this.link.target).href)
    this.#source = source
    source.addEventListener('open', () => this.emit('open', undefined))
    source.addEventListener('active', () => this.emit('active', true))
    source.addEventListener('inactive', () => this.emit('active', false))
    source.addEventListener('reconnect', () => this.emit('reconnect', undefined))
    source.addEventListener('viewercount', ({ data }) => {
      const count = parse(data)?.['viewercount']
      if (typeof count === 'number') this.emit('viewercount', count)
    })
    source.addEventListener('layers', ({ data }) => {
      const layers = parse(data)
      if (layers) this.emit('layers', layers as ServerEvents['layers'])
    })
    source.addEventListener('error', () => {
      if (source.readyState === EventSource.CLOSED) this.#again(attempt) // otherwise it reconnects by itself
    })
  }

  #ask(names: string[]): Promise<Response> {
    return request(this.link.target, this.token, { method: 'POST', body: JSON.stringify(names), headers: { 'Content-Type': 'application/json' } })
  }

  #again(attempt: number): void {
    if (this.#closed || attempt >= tries) return
    setTimeout(() => !this.#closed && this.open(attempt + 1), backoff(attempt))
  }
}

/** selectLayer asks for a layer. Rejects with a Problem: not_found when the server has no layers to choose from. */
export async function selectLayer(links: Link[], token: string | undefined, choice: LayerChoice): Promise<void> {
  const link = links.find((link) => link.rel.includes(layerRel))
  const response = await (link
    ? request(link.target, token, { method: 'POST', body: JSON.stringify(choice), headers: { 'Content-Type': 'application/json' } })
    : new Response(null, { status: 404 }))
  if (!response.ok) throw await problemOf(response)
}

function parse(data: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(data)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
