import '../styles/base.css'
import '../styles/watch.css'
import { signal } from '@preact/signals'
import { render } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { Latency, type LatencySummary } from '../lib/latency'
import type { Received } from '../lib/stats'
import { short, watchStreams } from '../lib/streams'
import { WhepClient, type Cause, type WhepState } from '../lib/whep'
import { nameFrom, rememberKey, takeKey } from '../ui/address'
import { watching } from '../ui/causes'
import { codecName, rate } from '../ui/format'
import { Header } from '../ui/frame'
import { Fullscreen, Numbers, Speaker } from '../ui/icons'
import { measure } from '../ui/measure'

const query = new URLSearchParams(location.search)
const name = short(nameFrom(location.pathname, 'watch'))
const measuring = query.get('measure') === '1'

const state = signal<WhepState>('idle')
const cause = signal<Cause | undefined>(undefined)
const stream = signal<MediaStream | undefined>(undefined)
const viewers = signal<number | undefined>(undefined)
const muted = signal(false)
const refused = signal<'no' | 'sound' | 'all'>('no') // what autoplay was not allowed to do
const details = signal(query.get('stats') === '1')
const numbers = signal<[string, string][]>([])
const delay = signal<LatencySummary | null>(null)

const latency = new Latency()
const peers = new WeakMap<RTCPeerConnection, number>()
let peerCount = 0
let client = connect(takeKey())
let video: HTMLVideoElement | undefined
let previous: { bytes: number; at: number } | undefined

function connect(key: string): WhepClient {
  const made = new WhepClient({ url: `/whep/${name}`, token: key || undefined })
  made.hidden = document.hidden
  made.on('state', (change) => {
    number(made.pc)
    state.value = change.state
    cause.value = change.problem?.code
  })
  made.on('stream', (next) => (stream.value = next))
  made.on('viewers', (count) => (viewers.value = count))
  return made
}

/** enter tries again with a key that a person has typed. */
function enter(key: string): void {
  rememberKey(key)
  void client.stop()
  client = connect(key)
  client.start()
}

/** play starts the picture at once, without sound when the browser wants a click for that. */
async function play(element: HTMLVideoElement): Promise<void> {
  element.muted = muted.value
  try {
    await element.play()
    refused.value = 'no'
  } catch (error) {
    if (!(error instanceof DOMException) || error.name !== 'NotAllowedError') return // superseded by the next stream
    if (element.muted) return void (refused.value = 'all')
    refused.value = 'sound'
    element.muted = true
    await element.play().catch(() => (refused.value = 'all'))
  }
}

function toggleSound(): void {
  if (!video) return
  muted.value = refused.value === 'no' && !muted.value
  refused.value = 'no'
  void play(video)
}

function toggleFullscreen(): void {
  const stage = video?.parentElement
  if (document.fullscreenElement) void document.exitFullscreen()
  else if (stage?.requestFullscreen) void stage.requestFullscreen()
  else (video as { webkitEnterFullscreen?: () => void } | undefined)?.webkitEnterFullscreen?.() // iPhone
}

/** number counts the connections there have been: 0 for none. */
function number(pc: RTCPeerConnection | undefined): number {
  if (!pc) return 0
  if (!peers.has(pc)) peers.set(pc, ++peerCount)
  return peers.get(pc)!
}

async function stats() {
  const pc = client.pc
  const reading: Partial<Received> = (await client.stats().catch(() => undefined)) ?? {}
  return {
    state: state.value,
    problem: cause.value ?? null,
    sessions: client.sessions,
    pcId: number(pc),
    connectionState: pc?.connectionState ?? 'new',
    latency: latency.summary,
    viewers: viewers.value ?? null,
    ...{ codec: '', framesDecoded: 0, videoPackets: 0, audioPackets: 0, audioSamples: 0, audioEnergy: 0 },
    ...{ freezeCount: 0, totalFreezesDuration: 0, width: 0, height: 0, bytes: 0, rtt: 0 },
    ...reading,
  }
}

setInterval(async () => {
  if (!details.value) return
  const now = await stats()
  const at = performance.now()
  const bps = previous && now.bytes >= previous.bytes ? ((now.bytes - previous.bytes) * 8000) / (at - previous.at) : 0
  previous = { bytes: now.bytes, at }
  numbers.value = [
    ['Picture', now.height > 0 ? `${now.width} × ${now.height}` : '–'],
    ['Format', codecName(now.codec) || '–'],
    ['Rate', rate(bps)],
    ['Frames', String(now.framesDecoded)],
    ['Freezes', `${now.freezeCount} (${now.totalFreezesDuration.toFixed(1)} s)`],
    ['Round trip', now.rtt > 0 ? `${Math.round(now.rtt)} ms` : '–'],
    ['Sessions', String(now.sessions)],
  ]
}, 1000)

addEventListener('pagehide', () => client.dropOnUnload())
addEventListener('online', () => client.retry())
document.addEventListener('visibilitychange', () => {
  client.hidden = document.hidden
  if (!document.hidden) client.retry()
})
addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target instanceof HTMLInputElement) return
  const action = { m: toggleSound, f: toggleFullscreen, s: () => (details.value = !details.value) }[event.key.toLowerCase()]
  action?.()
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

function Page() {
  return (
    <div class="watch">
      <Header page="watch" />
      <main>
        <Stage />
        <Bar />
        {details.value && <Details />}
      </main>
    </div>
  )
}

function Stage() {
  const element = useRef<HTMLVideoElement>(null)
  const source = stream.value
  useEffect(() => {
    video = element.current!
    video.srcObject = source ?? null
    if (source) void play(video)
  }, [source])
  useEffect(() => (measuring ? measure(element.current!, latency, () => (delay.value = latency.summary)) : undefined), [])
  const overlaid = state.value !== 'playing'
  return (
    <div class={overlaid ? 'stage dimmed' : 'stage'}>
      <video ref={element} playsinline autoplay aria-label={`Live video of ${name}`} />
      <Overlay />
      {state.value === 'playing' && refused.value !== 'no' && (
        <button class="button pill" type="button" onClick={toggleSound}>
          {refused.value === 'sound' ? 'Tap for sound' : 'Tap to play'}
        </button>
      )}
      {measuring && (
        <output class="measured numbers small">
          {delay.value ? `${delay.value.last} ms glass to glass · median ${delay.value.p50} · most ${delay.value.max}` : 'Looking for the test clock…'}
        </output>
      )}
    </div>
  )
}

const texts: Record<WhepState, string> = {
  idle: '',
  connecting: 'Connecting…',
  waiting: `“${name}” is not live yet. It starts here by itself.`,
  playing: '',
  stalled: 'No new picture from the sender. Waiting…',
  reconnecting: 'Connection lost. Reconnecting…',
  offline: `“${name}” is not live right now. It starts here by itself.`,
  denied: '',
  unsupported: '',
  failed: '',
  ended: 'Stopped.',
}

/** Overlay has a sentence for every state, so that no wait is mute. */
function Overlay() {
  const explanation = cause.value && watching(cause.value, name)
  const text = explanation?.text ?? texts[state.value]
  const interrupted = state.value === 'waiting' && stream.value && (video?.currentTime ?? 0) > 0 && !explanation
  const again = () => (state.value === 'reconnecting' ? client.retry() : client.start())
  return (
    <div class={text ? 'overlay' : ''} role="status">
      {interrupted ? `“${name}” was interrupted. It goes on here by itself.` : text}
      {state.value === 'denied' && <KeyForm />}
      {state.value === 'ended' && (
        <button class="button" type="button" onClick={again}>
          Play
        </button>
      )}
      {explanation?.button && (
        <button class="button" type="button" onClick={again}>
          {explanation.button}
        </button>
      )}
    </div>
  )
}

function KeyForm() {
  const submit = (event: SubmitEvent & { currentTarget: HTMLFormElement }) => {
    event.preventDefault()
    enter(String(new FormData(event.currentTarget).get('key')).trim())
  }
  return (
    <form onSubmit={submit}>
      <div class="field">
        <label for="key">Key</label>
        <input id="key" name="key" type="password" autocomplete="off" required />
      </div>
      <button class="button" type="submit">
        Watch
      </button>
    </form>
  )
}

function Bar() {
  const playing = state.value === 'playing'
  const silent = muted.value || refused.value !== 'no'
  return (
    <div class="bar">
      <h1>{name}</h1>
      <span class="badge">
        <span class={playing ? 'dot live' : 'dot'} />
        {playing ? 'Live' : 'Not playing'}
      </span>
      {viewers.value !== undefined && <span class="small muted numbers">{viewers.value === 1 ? '1 viewer' : `${viewers.value} viewers`}</span>}
      <div class="controls">
        <button class="button icon" type="button" title={silent ? 'Sound on (M)' : 'Sound off (M)'} aria-label="Sound" aria-pressed={!silent} onClick={toggleSound}>
          <Speaker off={silent} />
        </button>
        <button class="button icon" type="button" title="Numbers (S)" aria-label="Numbers" aria-pressed={details.value} onClick={() => (details.value = !details.value)}>
          <Numbers />
        </button>
        <button class="button icon" type="button" title="Full screen (F)" aria-label="Full screen" onClick={toggleFullscreen}>
          <Fullscreen />
        </button>
      </div>
    </div>
  )
}

function Details() {
  return (
    <dl class="details card">
      {numbers.value.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd class="numbers">{value}</dd>
        </div>
      ))}
    </dl>
  )
}

document.title = `${name} · Lectern`
render(<Page />, document.getElementById('page')!)
client.start()
// A server that keeps no session for a stream that is not live says here when it is.
watchStreams(({ type, stream }) => {
  if (type === 'stream.live' && short(stream) === name && state.value === 'offline') client.retry()
})
