// What the server's API says about streams, and about itself.
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
  /** While it is live. */
  publisher?: Publisher
}

/** Publisher is who sends, and what: all but the protocol only where the server looks into the media, as it does into RTMP. */
export interface Publisher {
  protocol: string
  /** As it calls itself. */
  encoder?: string
  video?: SentPicture
  audio?: SentSound
  /** The worst first. */
  problems?: PublisherProblem[]
}

/** SentPicture is the picture as it is sent, which need not be what viewers get. What is not known is left out. */
export interface SentPicture {
  /** A MIME type. */
  codec: string
  profile?: string
  level?: string
  width?: number
  height?: number
  fps?: number
  /** Seconds between the last two key frames. */
  key_frame_interval?: number
  /** How many follow one another at the most. */
  b_frames?: number
  b_frame_policy?: 'drop' | 'reject' | 'transcode'
  /** Pictures left out. */
  dropped?: number
}

export interface SentSound {
  /** As people call it: `AAC-LC`. */
  codec: string
  /** Hertz. */
  sample_rate?: number
  channels?: number
  /** What viewers get; without it they hear nothing. */
  output?: string
  /** What makes it; without it nothing has to be made. */
  transcoder?: string
}

export interface PublisherProblem {
  code: string
  /** Viewers miss something, and do not only get it worse. */
  grave: boolean
  text: string
  fix?: string
}

/** Info is what a server tells everybody about itself. */
export interface Info {
  version: string
  publish: { key_needed: boolean }
  /** The server speaks HTTPS itself. */
  https: boolean
  /** The name of the built-in test stream; "" when there is none. */
  demo: string
  /** The port for RTMP; left out when there is none. */
  rtmp?: number
}

/** Keyframe is the last picture of a stream that can be decoded by itself. */
export interface Keyframe {
  data: ArrayBuffer
  /** As WebCodecs names it, such as `avc1.42e01f`. */
  codec: string
  width: number
  height: number
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
