// The list of streams as the server's API gives it, and its changes.
import { backoff } from './backoff'
import { problemOf } from './problem'
import { request } from './resource'

export interface Track {
  kind: string
  codec: string
  rid?: string
  width?: number
  height?: number
  /** Bits per second. */
  bps?: number
}

export interface Stream {
  app: string
  name: string
  state: 'live' | 'waiting'
  /** When it went live, RFC 3339. */
  since?: string
  viewers: number
  tracks: Track[]
  publisher?: { protocol: string }
}

export interface StreamEvent {
  type: 'stream.live' | 'stream.waiting' | 'stream.ended' | 'stream.viewers'
  /** app/name */
  stream: string
  viewers?: number
}

/** The application of a bare name. */
const defaultApp = 'live'

/** pathOf gives the shortest address of a stream: `cam1` for `live/cam1`, `studio/cam1` as it is. */
export function pathOf(stream: Pick<Stream, 'app' | 'name'>): string {
  return short(stream.name.includes('/') ? stream.name : `${stream.app}/${stream.name}`)
}

/** short leaves the default application out of a canonical name. */
export function short(stream: string): string {
  const [app, name, ...more] = stream.split('/')
  return app === defaultApp && name && more.length === 0 ? name : stream
}

/** listStreams fetches what is there now. Rejects with a Problem. */
export async function listStreams(): Promise<Stream[]> {
  const response = await request('/api/v1/streams', undefined, {})
  if (!response.ok) throw await problemOf(response)
  const { streams } = (await response.json()) as { streams: Stream[] | null }
  return streams ?? []
}

const types = ['stream.live', 'stream.waiting', 'stream.ended', 'stream.viewers'] as const

/**
 * watchStreams reports every change until the function that it returns is called. connected says when the connection
 * comes and goes; what happened while it was gone has to be fetched.
 */
export function watchStreams(changed: (event: StreamEvent) => void, connected: (up: boolean) => void = () => {}): () => void {
  let stop = () => {}
  const open = (attempt: number) => {
    const source = new EventSource('/api/v1/events')
    let timer: ReturnType<typeof setTimeout>
    for (const type of types) {
      source.addEventListener(type, ({ data }: MessageEvent<string>) => {
        const { stream, viewers } = JSON.parse(data) as { stream: string; viewers?: number }
        changed({ type, stream, ...(viewers !== undefined && { viewers }) })
      })
    }
    source.addEventListener('open', () => {
      attempt = 0
      connected(true)
    })
    source.addEventListener('error', () => {
      connected(false)
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(() => open(attempt + 1), backoff(attempt)) // refused: it gives up by itself
    })
    stop = () => {
      source.close()
      clearTimeout(timer)
    }
  }
  open(0)
  return () => stop()
}
