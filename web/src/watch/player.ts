// What is being watched, and what a viewer can do about it. The rest of the page only shows this.
//
//     connecting ──▶ starting ──▶ playing ⇄ stalled
//         │             ▲            │
//         ▼             │            ▼
//     waiting, interrupted ◀──▶ reconnecting      offline      denied, unsupported, failed
//
// The client (lib/whep.ts) moves between these by itself, for ever; here a person can only be asked for a key or told
// that this browser will not do. In waiting (nobody has come yet) and interrupted (the publisher went away) the session
// stays open, so that media flow the moment the server has some. A server that keeps no session for a stream that is not
// live refuses instead: that is offline, where the client asks again with growing waits, and the server's event stream
// cuts the wait short when the stream is live.
import { computed, signal } from '@preact/signals'
import { Latency, DelayEstimate } from '../lib/latency'
import { nothing, type Received } from '../lib/received'
import { watchStreams } from '../lib/events'
import { short } from '../lib/names'
import { WhepClient, type Cause, type Layer, type LayerChoice, type WhepState } from '../lib/whep'
import { nameFrom, rememberKey, takeKey } from '../ui/address'
import { autoplay, type Refused } from '../ui/autoplay'
import { record } from '../ui/journal'
import { recall, remember } from '../ui/memory'

const query = new URLSearchParams(location.search)
const flag = (name: string) => query.has(name) && query.get(name) !== '0'

export const name = short(nameFrom(location.pathname, 'watch'))
export const measuring = flag('measure')
/** Inside another page: the picture and its controls, nothing else. */
export const embedded = flag('embed')
export const controls = query.get('controls') !== '0'
const byHand = query.get('autoplay') === '0'

export const state = signal<WhepState>('idle')
export const cause = signal<Cause | undefined>(undefined)
export const attempts = signal(0)
/** The server says that nobody is sending; undefined while it has not said anything. */
export const active = signal<boolean | undefined>(undefined)
export const stream = signal<MediaStream | undefined>(undefined)
export const viewers = signal<number | undefined>(undefined)
/** The pictures of the stream to choose from. */
export const layers = signal<Layer[]>([])
export const muted = signal(flag('muted') || recall('lectern.muted') === 'yes')
export const volume = signal(volumeBefore())
export const refused = signal<Refused>('no')
export const paused = signal(false)
/** A picture has been shown, which is still there when nothing new comes. */
export const seen = signal(false)
export const details = signal(flag('stats'))
/** Readings of the last second; undefined before the first. */
export const reading = signal<Received | undefined>(undefined)
/** How far this browser is behind the server, about, in milliseconds. */
export const behind = signal<number | undefined>(undefined)
/** What is known of the time from the test clock's drawing to this screen; only while measuring. */
export const measured = signal('…')
/** Why nothing is heard of a sound that is sent; undefined while there is no such reason. */
export const silence = signal<(() => string) | undefined>(undefined)
export const silent = computed(() => muted.value || refused.value !== 'no')

export const latency = new Latency()
const estimate = new DelayEstimate()
const peers = new WeakMap<RTCPeerConnection, number>()
let peerCount = 0
let client = connect(takeKey())
/** The present connection, for the diagnostics. */
export const connection = () => client.pc
let video: HTMLVideoElement | undefined

function connect(key: string): WhepClient {
  const made = new WhepClient({ url: `/whep/${name}`, token: key || undefined })
  made.hidden = document.hidden
  made.on('state', (change) => {
    number(made.pc)
    record(change.state, change.problem?.code)
    attempts.value = made.attempts
    state.value = change.state
    cause.value = change.problem?.code
    if (change.state === 'playing') seen.value = true
    if (change.state === 'reconnecting') active.value = undefined // the next session says it again
  })
  made.on('active', (now) => {
    record(now ? 'active' : 'inactive')
    active.value = now
  })
  made.on('stream', (next) => (stream.value = next))
  made.on('viewers', (count) => (viewers.value = count))
  made.on('layers', (all) => (layers.value = Object.values(all)[0] ?? []))
  return made
}

/** start begins, also after an end or a failure. */
export function start(): void {
  client.start()
}

/** again tries at once, whatever the client waits for. */
export function again(): void {
  client.retry()
  client.start()
}

/** select asks for another picture, or for none. Rejects with a Problem. */
export const select = (choice: LayerChoice) => client.selectLayer(choice)

/** enter tries again with a key that a person has typed. */
export function enter(key: string): void {
  rememberKey(key)
  void client.stop()
  client = connect(key)
  client.start()
}

/** attach puts the stream into an element and plays it. */
export function attach(element: HTMLVideoElement, source: MediaStream | undefined): void {
  video = element
  video.volume = volume.value
  video.srcObject = source ?? null
  if (source && !paused.value) void play()
}

async function play(): Promise<void> {
  if (!video) return
  const result = await autoplay(video, muted.value)
  if (result !== 'superseded') refused.value = result
}

/** allow plays with sound: called by a click, after which browsers let it. */
export function allow(): void {
  muted.value = false
  if (volume.value === 0) setVolume(1)
  remember('lectern.muted', 'no')
  void play()
}

export function toggleSound(): void {
  if (silent.value) return allow()
  muted.value = true
  remember('lectern.muted', 'yes')
  if (video) video.muted = true
}

/** setVolume takes 0 to 1. */
export function setVolume(next: number): void {
  volume.value = Math.min(1, Math.max(0, Math.round(next * 20) / 20))
  remember('lectern.volume', String(volume.value))
  if (video) video.volume = volume.value
}

/** togglePause freezes the picture; going on means going on live. */
export function togglePause(): void {
  if (state.value === 'idle' || state.value === 'ended') return client.start()
  paused.value = !paused.value
  if (paused.value) video?.pause()
  else void play()
}

export function toggleFullscreen(): void {
  const stage = video?.parentElement
  if (document.fullscreenElement) void document.exitFullscreen()
  else if (stage?.requestFullscreen) void stage.requestFullscreen().catch(() => undefined) // not allowed in this frame
  else (video as { webkitEnterFullscreen?: () => void } | undefined)?.webkitEnterFullscreen?.() // iPhone
}

export async function togglePictureInPicture(): Promise<void> {
  if (document.pictureInPictureElement) return document.exitPictureInPicture()
  await video?.requestPictureInPicture().catch(() => undefined) // no picture yet
}

/** number counts the connections there have been: 0 for none. */
function number(pc: RTCPeerConnection | undefined): number {
  if (!pc) return 0
  if (!peers.has(pc)) peers.set(pc, ++peerCount)
  return peers.get(pc)!
}

/** stats is what tests and people who report a problem get to see. */
export async function stats() {
  const pc = client.pc
  const now = (await client.stats().catch(() => undefined)) ?? nothing
  return {
    state: state.value,
    problem: cause.value ?? null,
    active: active.value ?? null,
    sessions: client.sessions,
    attempts: client.attempts,
    pcId: number(pc),
    connectionState: pc?.connectionState ?? 'new',
    latency: latency.summary,
    behind: behind.value ?? null,
    viewers: viewers.value ?? null,
    paused: paused.value,
    refused: refused.value,
    ...now,
  }
}

setInterval(async () => {
  const now = await client.stats().catch(() => undefined)
  if (!now) return
  listen(now)
  reading.value = now
  const fresh = estimate.observe(now)
  if (fresh !== undefined) behind.value = behind.value === undefined ? fresh : behind.value * 0.6 + fresh * 0.4
}, 1000)

let asked = false

/** listen asks for the reason when a picture comes without sound: once, until something changes. */
function listen({ audioPackets }: Received): void {
  const mute = state.value === 'playing' && audioPackets === (reading.value?.audioPackets ?? 0)
  if (!mute) silence.value = undefined
  else if (!asked) void import('./more').then(({ ask }) => ask()).catch(() => undefined)
  asked = mute
}

addEventListener('pagehide', () => client.dropOnUnload())
addEventListener('pageshow', ({ persisted }) => persisted && client.start()) // back from the browser's cache of pages
addEventListener('online', () => client.retry())
document.addEventListener('visibilitychange', () => {
  client.hidden = document.hidden
  if (!document.hidden) client.retry()
})

Object.defineProperty(window, 'lectern', {
  value: {
    get state() {
      return state.value
    },
    get sessions() {
      return client.sessions
    },
    get pcId() {
      return number(client.pc)
    },
    stats,
  },
})

/** begin starts, unless the address says that a person wants to, and listens for the stream to come. */
export function begin(): void {
  if (!byHand) client.start()
  watchStreams(
    ({ type, stream }) => {
      if (type !== 'stream.viewers') asked = false
      if (type === 'stream.live' && short(stream) === name && state.value === 'offline') client.retry()
    },
    undefined,
    name,
  )
}

function volumeBefore(): number {
  const before = Number(recall('lectern.volume') ?? 1)
  return before >= 0 && before <= 1 ? before : 1
}
