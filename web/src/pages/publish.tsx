import '../styles/base.css'
import '../styles/publish.css'
import { computed, signal } from '@preact/signals'
import { render } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Sent } from '../lib/stats'
import { Problem, WhipClient, type WhipState } from '../lib/whip'
import { nameFrom, rememberKey, takeKey, validName } from '../ui/address'
import { capture, CaptureFailure, type Capture, type SourceKind } from '../ui/capture'
import { sending, type CaptureCause, type Remedy } from '../ui/causes'
import { clock, codecName, rate } from '../ui/format'
import { Header, Notice } from '../ui/frame'

const query = new URLSearchParams(location.search)
const sources: [SourceKind, string][] = [
  ['camera', 'Camera'],
  ['screen', 'Screen'],
  ['clock', 'Test clock'],
]
const codecs = codecChoices()

const name = signal(nameFrom(location.pathname, 'publish') || 'cam1')
const key = signal(takeKey())
const source = signal<SourceKind>(sources.find(([kind]) => kind === query.get('source'))?.[0] ?? 'camera')
const codec = signal(codecAsked(query.get('codec') ?? ''))
const taken = signal<Capture | undefined>(undefined)
const state = signal<WhipState>('idle')
const problem = signal<Problem | undefined>(undefined)
const captureProblem = signal<CaptureCause | undefined>(undefined)
const opening = signal(false)
const since = signal(0)
const now = signal(Date.now())
const line = signal('')
const nameWrong = signal(false)

const busy = computed(() => opening.value || state.value === 'connecting' || state.value === 'live' || state.value === 'reconnecting')
const cause = computed(() => captureProblem.value ?? problem.value?.code)

let client: WhipClient | undefined
let previous: { bytes: number; at: number } | undefined

/** open makes sure that the chosen source is captured, and sends it when something else is being sent. */
async function open(): Promise<Capture | undefined> {
  captureProblem.value = undefined
  if (taken.value?.kind === source.value) return taken.value
  opening.value = true
  try {
    const next = await capture(source.value)
    const before = taken.value
    taken.value = next
    for (const track of next.stream.getVideoTracks()) track.addEventListener('ended', () => ended(next))
    await send(next)
    before?.close()
    return next
  } catch (error) {
    if (!(error instanceof CaptureFailure)) throw error
    if (error.code !== 'cancelled') captureProblem.value = error.code
    else if (taken.value) source.value = taken.value.kind
    return undefined
  } finally {
    opening.value = false
  }
}

/** send puts another capture into the running session. */
async function send(next: Capture): Promise<void> {
  for (const kind of ['audio', 'video'] as const) {
    const track = next.stream.getTracks().find((track) => track.kind === kind)
    await client?.replaceTrack(kind, track ?? null).catch(() => undefined) // the session has no such section
  }
}

/** ended is told when a track ends by itself: the browser's own "stop sharing", a camera unplugged. */
function ended(which: Capture): void {
  if (taken.value !== which) return
  taken.value = undefined
  which.close()
  captureProblem.value = which.kind === 'screen' ? 'screen_ended' : 'no_device'
}

async function goLive(): Promise<void> {
  nameWrong.value = !validName(name.value)
  if (nameWrong.value) return document.getElementById('name')?.focus()
  const { stream } = (await open()) ?? {}
  if (!stream) return
  if (client && (client.state === 'live' || client.state === 'connecting')) return
  if (client?.state === 'reconnecting') return client.retry()
  rememberKey(key.value)
  history.replaceState(history.state, '', `/publish/${name.value}${location.search}`)
  client = new WhipClient({
    url: `/whip/${name.value}`,
    token: key.value || undefined,
    stream,
    codecs: codec.value ? [codec.value] : undefined,
  })
  const own = client
  client.on('state', (change) => {
    if (own !== client) return
    if (change.state === 'live' && state.value === 'connecting') since.value = Date.now()
    state.value = change.state
    problem.value = change.problem
  })
  since.value = Date.now()
  client.start()
}

function end(): void {
  void client?.stop()
  client = undefined
  taken.value?.close()
  taken.value = undefined
  captureProblem.value = undefined
  line.value = ''
}

/** remedy does what the button of a failure promises. */
function remedy(what: Remedy): void {
  if (what === 'key' || what === 'name') return document.getElementById(what)?.focus()
  if (what === 'source') source.value = 'clock'
  if (what === 'codec') codec.value = ''
  if (what !== 'none') void goLive()
}

async function stats() {
  const sent: Partial<Sent> = (await client?.stats().catch(() => undefined)) ?? {}
  return {
    state: state.value,
    problem: cause.value ?? null,
    connectionState: client?.pc?.connectionState ?? 'new',
    ...{ codec: '', framesEncoded: 0, width: 0, height: 0, fps: 0, bytes: 0, rtt: 0, limit: 'none' },
    ...sent,
  }
}

/** How long a browser takes to find out what the network carries. */
const rampUp = 15_000

const limits: Record<string, string> = {
  cpu: 'this computer is the limit',
  bandwidth: 'the upload is the limit',
}

setInterval(async () => {
  now.value = Date.now()
  if (state.value !== 'live') return
  const { bytes, codec, width, height, fps, rtt, limit } = await stats()
  const at = performance.now()
  const bps = previous && bytes >= previous.bytes ? ((bytes - previous.bytes) * 8000) / (at - previous.at) : 0
  previous = { bytes, at }
  const parts = [rate(bps), height > 0 && `${width} × ${height}`, `${Math.round(fps)} fps`, codecName(codec), rtt > 0 && `${Math.round(rtt)} ms round trip`, now.value - since.value > rampUp && limits[limit]]
  line.value = parts.filter(Boolean).join(' · ')
}, 1000)

addEventListener('beforeunload', (event) => {
  if (state.value === 'live' || state.value === 'connecting' || state.value === 'reconnecting') event.preventDefault()
})
addEventListener('pagehide', () => client?.dropOnUnload())
addEventListener('online', () => client?.retry())

Object.defineProperty(window, 'lectern', {
  value: {
    get state() {
      return state.value
    },
    stats,
  },
})

/** codecAsked keeps a format that this browser lacks among the choices: who asked for it is told so, and not given another. */
function codecAsked(asked: string): string {
  const known = codecs.find((type) => type.toLowerCase() === asked.toLowerCase())
  if (!known && asked) codecs.push(asked)
  return known ?? asked
}

function codecChoices(): string[] {
  if (typeof RTCRtpSender === 'undefined') return []
  const all = RTCRtpSender.getCapabilities('video')?.codecs.map((codec) => codec.mimeType) ?? []
  return [...new Set(all)].filter((type) => !/\/(rtx|red|ulpfec|flexfec-03)$/i.test(type))
}

function Page() {
  return (
    <>
      <Header page="publish" />
      <main class="publish">
        <h1>Go live</h1>
        <div class="studio">
          <div class="column">
            <Preview />
            <OnAir />
            <Failure />
          </div>
          <Settings />
        </div>
      </main>
    </>
  )
}

function Preview() {
  const video = useRef<HTMLVideoElement>(null)
  const kind = source.value
  const stream = taken.value?.stream
  useEffect(() => {
    if (video.current) video.current.srcObject = stream ?? null
  }, [stream])
  return (
    <div class="preview">
      {taken.value ? (
        <video class={taken.value.kind === 'camera' ? 'mirrored' : ''} ref={video} autoplay muted playsinline aria-label="Preview of what you send" />
      ) : (
        <div class="empty">
          <p>{opening.value ? 'Waiting for your permission…' : 'Nothing is shown to anybody yet.'}</p>
          {!opening.value && (
            <button class="button" type="button" onClick={() => void open()}>
              {kind === 'camera' ? 'Preview camera' : kind === 'screen' ? 'Choose what to share' : 'Show test clock'}
            </button>
          )}
        </div>
      )}
    </div>
  )
}

const titles: Record<WhipState, string> = {
  idle: 'Not live',
  connecting: 'Connecting…',
  live: 'Live',
  reconnecting: 'Reconnecting…',
  ended: 'Ended',
  denied: 'Not live',
  failed: 'Not live',
}

function OnAir() {
  const live = state.value === 'live'
  return (
    <div class="card on-air">
      <span class="badge" role="status">
        <span class={live ? 'dot live' : 'dot'} />
        {titles[state.value]}
      </span>
      {live && <span class="numbers">{clock(now.value - since.value)}</span>}
      <span class="stats small muted numbers">{live ? line.value : ''}</span>
      {live && <WatchLink />}
      {busy.value && state.value !== 'idle' && state.value !== 'ended' ? (
        // Two elements: one that turned from End into a submit button while it was pressed would go live again.
        <button key="end" class="button" type="button" onClick={end}>
          End
        </button>
      ) : (
        <button key="start" class="button primary" type="submit" form="settings" disabled={opening.value}>
          Go live
        </button>
      )}
    </div>
  )
}

const copied = signal(false)

function WatchLink() {
  const path = `/watch/${name.value}`
  const copy = async () => {
    await navigator.clipboard.writeText(new URL(path, location.href).href)
    copied.value = true
    setTimeout(() => (copied.value = false), 3000)
  }
  if (!navigator.clipboard) {
    return (
      <a class="button" href={path} target="_blank" rel="noopener">
        Open watch page
      </a>
    )
  }
  return (
    <button class="button" type="button" onClick={() => void copy()}>
      {copied.value ? 'Copied' : 'Copy watch link'}
    </button>
  )
}

function Failure() {
  const code = cause.value
  if (!code) return null
  const { text, button, remedy: what } = sending(code, name.value, location.host)
  return (
    <Notice button={button} onPress={() => remedy(what)}>
      {text}
    </Notice>
  )
}

function Settings() {
  const locked = busy.value
  const submit = (event: Event) => {
    event.preventDefault()
    void goLive()
  }
  const choose = (kind: SourceKind) => {
    source.value = kind
    if (taken.value || kind === 'clock') void open() // something is being shown: switch it
  }
  return (
    <form id="settings" class="form card" onSubmit={submit}>
      <fieldset>
        <legend>Send</legend>
        <div class="choices">
          {sources.map(([kind, label]) => (
            <label class="choice" key={kind}>
              <input type="radio" name="source" value={kind} checked={source.value === kind} disabled={opening.value} onChange={() => choose(kind)} />
              {label}
            </label>
          ))}
        </div>
      </fieldset>
      <div class="field">
        <label for="name">Name of the stream</label>
        <input
          id="name"
          value={name.value}
          disabled={locked}
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          aria-invalid={nameWrong.value}
          aria-describedby="name-hint"
          onInput={(event) => {
            name.value = event.currentTarget.value.trim()
            nameWrong.value = false
          }}
        />
        <span class="hint" id="name-hint">
          {nameWrong.value ? 'Only letters, digits, - and _; parts are set apart by /.' : `Viewers open ${location.host}/watch/${name.value}`}
        </span>
      </div>
      <div class="field">
        <label for="key">Key</label>
        <input id="key" type="password" value={key.value} disabled={locked} autocomplete="off" aria-describedby="key-hint" onInput={(event) => (key.value = event.currentTarget.value.trim())} />
        <span class="hint" id="key-hint">
          Not needed on the computer that the server runs on.
        </span>
      </div>
      <div class="field">
        <label for="codec">Video format</label>
        <select id="codec" value={codec.value} disabled={locked} onChange={(event) => (codec.value = event.currentTarget.value)}>
          <option value="">Automatic</option>
          {codecs.map((type) => (
            <option key={type} value={type}>
              {codecName(type)}
            </option>
          ))}
        </select>
      </div>
    </form>
  )
}

render(<Page />, document.getElementById('page')!)
if (query.get('auto') === '1') void goLive()
else if (source.value === 'clock') void open()
