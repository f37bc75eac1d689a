// What the server's API says about streams the moment it happens.
import { backoff } from './backoff'

const types = ['stream.live', 'stream.tracks', 'stream.waiting', 'stream.ended', 'stream.viewers'] as const

export interface StreamEvent {
  type: (typeof types)[number]
  /** app/name */
  stream: string
  viewers?: number
}

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
    source.addEventListener('events.gap', () => connected(true)) // the connection stays, and something was missed on it
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
