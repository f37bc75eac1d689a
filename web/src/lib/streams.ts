// What the server's API says about streams, and about itself.
import { backoff } from './backoff'
import { Problem, problemOf } from './problem'
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
  type: (typeof types)[number]
  /** app/name */
  stream: string
  viewers?: number
}

/** Info is what a server tells everybody about itself. */
export interface Info {
  version: string
  publish: { key_needed: boolean }
  /** The server speaks HTTPS itself. */
  https: boolean
  /** The name of the built-in test stream; "" when there is none. */
  demo: string
}

/** Keyframe is the last picture of a stream that can be decoded by itself. */
export interface Keyframe {
  data: ArrayBuffer
  /** As WebCodecs names it, such as `avc1.42e01f`. */
  codec: string
  width: number
  height: number
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

/** listStreams fetches what is there now and may be watched with the token. Rejects with a Problem. */
export async function listStreams(token?: string): Promise<Stream[]> {
  const { streams } = await json<{ streams: Stream[] | null }>('/api/v1/streams', token)
  return streams ?? []
}

/** getStream fetches one stream; undefined when there is none. Rejects with a Problem. */
export async function getStream(path: string, token?: string): Promise<Stream | undefined> {
  try {
    return await json<Stream>(`/api/v1/streams/${path}`, token)
  } catch (error) {
    if (error instanceof Problem && error.code === 'not_found') return undefined
    throw error
  }
}

/** getInfo asks the server about itself. Rejects with a Problem. */
export function getInfo(): Promise<Info> {
  return json<Info>('/api/v1/info')
}

/** getKeyframe fetches the last key frame; undefined when there is none to be had. Rejects with a Problem. */
export async function getKeyframe(path: string, token?: string): Promise<Keyframe | undefined> {
  const response = await request(`/api/v1/streams/${path}/keyframe`, token, {})
  const codec = response.headers.get('Lectern-Codec')
  if (response.status !== 200 || !codec) return undefined
  const size = (name: string) => Number(response.headers.get(name)) || 0
  return { data: await response.arrayBuffer(), codec, width: size('Lectern-Width'), height: size('Lectern-Height') }
}

async function json<T>(url: string, token?: string): Promise<T> {
  const response = await request(url, token, {})
  if (!response.ok) throw await problemOf(response)
  return (await response.json()) as T
}

const types = ['stream.live', 'stream.tracks', 'stream.waiting', 'stream.ended', 'stream.viewers'] as const

/**
 * watchStreams reports every change, of one stream when it is named, until the function that it returns is called.
 * connected says when the connection comes and goes; what happened while it was gone has to be fetched.
 */
export function watchStreams(changed: (event: StreamEvent) => void, connected: (up: boolean) => void = () => {}, only = ''): () => void {
  let stop = () => {}
  const open = (attempt: number) => {
    const source = new EventSource(only ? `/api/v1/events?stream=${encodeURIComponent(only)}` : '/api/v1/events')
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
