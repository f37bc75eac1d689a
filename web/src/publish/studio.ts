// What is captured, what is sent, and what a person can do about either. The rest of the page only shows this.
//
// The invariant: what is captured is what is sent. A new source, device or quality goes into the running session; only a
// format and simulcast need a new one, and are locked while there is a session.
import { computed, signal } from '@preact/signals'
import { fitting, lower, presets, type Preset, type Quality } from '../lib/presets'
import { watchStreams } from '../lib/events'
import { short } from '../lib/names'
import { WhipClient, type Problem, type Sending, type WhipState } from '../lib/whip'
import { nameFrom, rememberKey, takeKey, validName } from '../ui/address'
import { capture, CaptureFailure, videoOf, type Capture, type SourceKind } from '../ui/capture'
import { explain, type CaptureCause, type Explanation, type Remedy } from '../ui/causes'
import { record } from '../ui/journal'
import { recall, remember } from '../ui/memory'
import { codecAsked } from './codecs'

export const kinds: SourceKind[] = ['camera', 'screen', 'both', 'clock']
export type Way = 'browser' | 'obs' | 'ffmpeg' | 'phone'
export const ways: Way[] = ['browser', 'obs', 'ffmpeg', 'phone']

const query = new URLSearchParams(location.search)

export const way = signal<Way>(ways.find((one) => one === query.get('with')) ?? 'browser')
export const name = signal(nameFrom(location.pathname, 'publish') || recall('lectern.name') || 'cam1')
export const nameWrong = signal(false)
export const key = signal(takeKey())
export const source = signal<SourceKind>(kinds.find((kind) => kind === query.get('source')) ?? 'camera')
export const codec = signal(codecAsked(query.get('codec') ?? ''))
export const simulcast = signal(query.get('simulcast') === '1')
export const music = signal(query.get('music') === '1')
export const camera = signal('')
export const microphone = signal('')
export const preset = signal<Preset | 'own'>('talk')
export const quality = signal<Quality>(presets.talk)

export const taken = signal<Capture | undefined>(undefined)
export const devices = signal<MediaDeviceInfo[]>([])
export const opening = signal(false)
export const muted = signal(false)
export const state = signal<WhipState>('idle')
/** When this page went live, and when it last changed what it sends. */
export const since = signal(0)
export const changedAt = signal(0)
export const viewers = signal<number | undefined>(undefined)
const problem = signal<Problem | undefined>(undefined)
const captureProblem = signal<CaptureCause | undefined>(undefined)
const wasLive = signal(false)

/** A session is there or on its way: what it was made with cannot be changed. */
export const busy = computed(() => state.value === 'connecting' || state.value === 'live' || state.value === 'reconnecting')
export const cause = computed(() => captureProblem.value ?? problem.value?.code)
/** What went wrong, in words; undefined while all is well. */
export const failure = computed<Explanation | undefined>(() => cause.value && explain(cause.value, name.value, location.host, wasLive.value))
/** What the source gives when that is less than the quality asks for. */
export const given = computed(() => {
  const settings = taken.value?.kind === 'camera' ? taken.value.stream.getVideoTracks()[0]?.getSettings() : undefined
  const height = settings && lines(settings)
  const fps = Math.round(settings?.frameRate ?? 0)
  if (!height || !fps || (height >= quality.value.height && fps >= quality.value.fps * 0.9)) return undefined
  return { height: Math.min(height, quality.value.height), fps: Math.min(fps, quality.value.fps) }
})

let client: WhipClient | undefined

/** The present client, for statistics. */
export const current = () => client

/** A phone held upright has its lines along the longer side; quality means the shorter. */
const lines = ({ width = 0, height = 0 }: MediaTrackSettings) => Math.min(width, height) || height

/** open makes sure that the chosen source is captured, anew when asked to, and sends it when something is being sent. */
export async function open(anew = false): Promise<Capture | undefined> {
  captureProblem.value = undefined
  if (taken.value?.kind === source.value && !anew) return taken.value
  opening.value = true
  const before = taken.value
  try {
    const next = await captured(before)
    for (const track of next.devices) track.addEventListener('ended', () => ended(next, track))
    for (const track of next.stream.getAudioTracks()) track.enabled = !muted.value
    taken.value = next
    record('captured', next.kind)
    await send(next)
    before?.close()
    void listDevices()
    return next
  } catch (error) {
    if (!(error instanceof CaptureFailure)) throw error
    record(error.code)
    if (error.code !== 'cancelled') captureProblem.value = error.code
    else if (before) source.value = before.kind
    return undefined
  } finally {
    opening.value = false
  }
}

/** captured opens the source; phones have one camera at a time, so that the one before may have to be let go first. */
async function captured(before: Capture | undefined): Promise<Capture> {
  const wanted = { kind: source.value, camera: camera.value, microphone: microphone.value, quality: quality.value, music: music.value }
  try {
    return await capture(wanted)
  } catch (error) {
    if (!before || before.kind !== 'camera' || !(error instanceof CaptureFailure) || error.code !== 'device_busy') throw error
    before.close()
    return capture(wanted)
  }
}

/** send puts another capture into the running session. */
async function send(next: Capture): Promise<void> {
  for (const track of next.stream.getVideoTracks()) track.contentHint = quality.value.hint
  for (const kind of ['audio', 'video'] as const) {
    const track = next.stream.getTracks().find((track) => track.kind === kind)
    await client?.replaceTrack(kind, track ?? null).catch(() => undefined) // the session has no such section
  }
  await client?.setSending(sending()).catch(() => undefined) // a browser that lacks a parameter goes on without
  changedAt.value = Date.now()
}

function sending(): Sending {
  const settings = taken.value?.stream.getVideoTracks()[0]?.getSettings()
  const scale = settings ? Math.max(1, lines(settings) / quality.value.height) : 1
  return { bps: quality.value.bps, fps: quality.value.fps, scale, simulcast: simulcast.value }
}

/** ended is told when a device ends by itself: the browser's own "stop sharing", a camera unplugged. */
function ended(which: Capture, track: MediaStreamTrack): void {
  if (taken.value?.stream !== which.stream) return
  const shared = which.kind === 'screen' || (which.kind === 'both' && track.getSettings().displaySurface !== undefined)
  taken.value = undefined
  which.close()
  captureProblem.value = shared ? 'screen_ended' : 'device_lost'
}

/** choose changes the source; what is already shown or sent is replaced by it. */
export function choose(kind: SourceKind): void {
  source.value = kind
  const fits = fitting(screenIs(kind))
  if (preset.value !== 'own' && !fits.includes(preset.value)) void setPreset(kind === 'both' ? 'motion' : fits[0]!)
  if (taken.value || busy.value || kind === 'clock') void open()
  else captureProblem.value = undefined
}

export const screenIs = (kind: SourceKind) => kind === 'screen' || kind === 'both'

/** chooseDevice opens another camera or microphone, and sends it in place of the one before. */
export function chooseDevice(kind: 'camera' | 'microphone', id: string): void {
  const chosen = kind === 'camera' ? camera : microphone
  chosen.value = id
  if (taken.value) void open(true)
}

export function setMusic(on: boolean): void {
  music.value = on
  if (taken.value && taken.value.kind !== 'clock') void open(true)
}

export function setPreset(next: Preset): Promise<void> {
  return setQuality(presets[next], next)
}

/** setQuality asks the source for it and tells the encoder, within the running session. */
export async function setQuality(next: Quality, called: Preset | 'own' = 'own'): Promise<void> {
  quality.value = next
  preset.value = called
  for (const track of taken.value?.kind === 'camera' ? taken.value.stream.getVideoTracks() : []) {
    await track.applyConstraints(videoOf(next)).catch(() => undefined) // it goes on as it was, and the encoder scales
  }
  if (taken.value) taken.value = { ...taken.value } // what the track gives may have changed
  for (const track of taken.value?.stream.getVideoTracks() ?? []) track.contentHint = next.hint
  await client?.setSending(sending()).catch(() => undefined)
  changedAt.value = Date.now()
}

/** lowerQuality is what to do when upload or computer are the limit; false at the bottom. */
export function lowerQuality(): void {
  const next = lower(quality.value)
  if (next) void setQuality(next)
}

export const canLower = computed(() => lower(quality.value) !== undefined)

export function toggleMute(): void {
  muted.value = !muted.value
  for (const track of taken.value?.stream.getAudioTracks() ?? []) track.enabled = !muted.value
}

export async function goLive(): Promise<void> {
  nameWrong.value = !validName(name.value)
  if (nameWrong.value) return document.getElementById('name')?.focus()
  const { stream } = (await open()) ?? {}
  if (!stream) return
  if (client && (client.state === 'live' || client.state === 'connecting')) return
  if (client?.state === 'reconnecting') return client.retry()
  rememberKey(key.value)
  remember('lectern.name', name.value)
  history.replaceState(history.state, '', `/publish/${name.value}${location.search}`)
  client = new WhipClient({
    url: `/whip/${name.value}`,
    token: key.value || undefined,
    stream,
    kinds: ['audio', 'video'], // so that a source without sound can be followed by one with it
    codecs: codec.value ? [codec.value] : undefined,
    sending: sending(),
  })
  const own = client
  client.on('state', (change) => {
    if (own !== client) return
    if (change.state === 'live' && !wasLive.value) {
      since.value = Date.now()
      wasLive.value = true
    }
    record(change.state, change.problem?.code)
    state.value = change.state
    problem.value = change.problem
  })
  wasLive.value = false
  changedAt.value = Date.now()
  client.start()
  countViewers()
}

let stopCounting = () => {}

function countViewers(): void {
  stopCounting()
  viewers.value = undefined
  const path = short(name.value)
  stopCounting = watchStreams(({ stream, viewers: n }) => short(stream) === path && n !== undefined && (viewers.value = n), undefined, path)
}

/** end stops sending and lets the devices go. */
export function end(): void {
  stopCounting()
  void client?.stop()
  client = undefined
  taken.value?.close()
  taken.value = undefined
  captureProblem.value = undefined
  problem.value = undefined
  state.value = 'ended'
}

/** remedy does what the button of a failure promises. */
export function remedy(what: Remedy): void {
  switch (what) {
    case 'key':
    case 'name':
      return document.getElementById(what)?.focus()
    case 'obs':
      way.value = 'obs'
      return
    case 'tab':
      window.open(location.href, '_blank', 'noopener')
      return
    case 'clock':
    case 'camera':
      source.value = what
      break
    case 'other':
      camera.value = microphone.value = ''
      break
    case 'codec':
      codec.value = ''
  }
  if (busy.value || problem.value) void goLive()
  else void open()
}

/** listDevices learns the names of the devices, which browsers tell only to pages that may use them. */
async function listDevices(): Promise<void> {
  devices.value = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? []
}

/** settingsLink leads to this page as it is now. */
export function settingsLink(): string {
  const { height, fps, bps } = quality.value
  const values = { source: source.value, codec: codec.value, simulcast: simulcast.value ? '1' : '', music: music.value ? '1' : '' }
  const chosen = preset.value === 'own' ? { height, fps, kbps: Math.round(bps / 1000) } : { preset: preset.value }
  const all = Object.entries({ ...values, ...chosen }).filter(([, value]) => value !== '')
  return `${location.origin}/publish/${name.value}?${new URLSearchParams(all.map(([key, value]) => [key, String(value)]))}`
}

/** begin applies what the address asks for. */
export function begin(): void {
  const number = (key: string, least: number, most: number) => Math.min(most, Math.max(least, Number(query.get(key)) || 0))
  const asked = Object.keys(presets).find((known) => known === query.get('preset')) as Preset | undefined
  void setPreset(asked ?? (source.value === 'both' ? 'motion' : fitting(screenIs(source.value))[0]!))
  if (query.has('kbps')) {
    void setQuality({ hint: quality.value.hint, height: number('height', 90, 4320), fps: number('fps', 1, 120), bps: number('kbps', 50, 100_000) * 1000 })
  }
  navigator.mediaDevices?.addEventListener('devicechange', () => void listDevices())
  addEventListener('beforeunload', (event) => busy.value && event.preventDefault())
  addEventListener('pagehide', () => client?.dropOnUnload())
  addEventListener('online', () => client?.retry())
  if (!window.isSecureContext && source.value !== 'clock') captureProblem.value = 'insecure_context' // said before anybody presses in vain
  else if (query.get('auto') === '1') void goLive()
  else if (source.value === 'clock') void open()
}
