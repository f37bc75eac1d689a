// The microphone, the camera and the screen of this person: opened only when they are asked for here, let go when there is
// no place on stage for them.
import { computed, effect, signal } from '@preact/signals'
import { sharing, type Source } from '../lib/room'
import { say, type Key } from '../text/room'
import { record } from '../ui/journal'
import { recall, remember } from '../ui/memory'
import { attempt, complain, current, listen, seat, state } from './session'
import { offer, toast } from './toasts'

type Device = 'mic' | 'camera'
export type Motion = 'text' | 'motion'

export const mic = signal<MediaStreamTrack | undefined>(undefined)
export const camera = signal<MediaStreamTrack | undefined>(undefined)
export const screen = signal<MediaStreamTrack | undefined>(undefined)
export const available = signal<MediaDeviceInfo[]>([])
export const chosen = signal<Record<Device, string>>({ mic: recall('lectern.mic') ?? '', camera: recall('lectern.camera') ?? '' })

/** What the room knows to be on. */
export const micOn = computed(() => seat.value?.audio === true)
export const cameraOn = computed(() => seat.value?.video === true)
export const screenOn = computed(() => state.value !== undefined && sharing(state.value))

/** The microphone was lost while it was on, and there was no other one. */
export const micGone = signal(false)

const tracks = { mic, camera } as const

/** open captures a device; false, with words on the page, when that cannot be. */
export async function open(device: Device): Promise<boolean> {
  if (tracks[device].value?.readyState === 'live') return true
  const asked = releases
  try {
    const track = await (opening[device] ??= captured(device).finally(() => (opening[device] = undefined)))
    if (asked !== releases) {
      track.stop() // nobody wants it any more
      return false
    }
    if (tracks[device].value !== track) put(device, track)
    await list()
    return true
  } catch (error) {
    record(device, String(error))
    toast(say(reason(error)))
    return false
  }
}

/** list finds out which devices there are; browsers tell their names once one may be used. It gives those that are new. */
async function list(): Promise<MediaDeviceInfo[]> {
  const known = new Set(available.value.map(({ kind, deviceId }) => kind + deviceId))
  available.value = (await navigator.mediaDevices.enumerateDevices()).filter(({ label }) => label !== '')
  return available.value.filter(({ kind, deviceId }) => !known.has(kind + deviceId))
}

/** Names that stand for another device, whichever that is. */
const aliases = ['default', 'communications']

/** changed offers a microphone that was plugged in while one is in use: most come with a headset. */
async function changed(): Promise<void> {
  const first = available.value.length === 0
  const plugged = (await list()).find(({ kind, deviceId }) => kind === 'audioinput' && !aliases.includes(deviceId))
  if (first || !plugged || !mic.value) return
  offer(say('device.new', { name: plugged.label }), say('device.use'), () => void choose('mic', plugged.deviceId))
}

/** How often all devices were let go: what was asked for before is not wanted any more. */
let releases = 0
const opening: Partial<Record<Device, Promise<MediaStreamTrack> | undefined>> = {}

async function captured(device: Device): Promise<MediaStreamTrack> {
  if (!window.isSecureContext || !navigator.mediaDevices) throw new DOMException('', 'SecurityError')
  const id = chosen.value[device]
  const wanted = device === 'mic' ? { audio: { echoCancellation: true, noiseSuppression: true, ...(id && { deviceId: { ideal: id } }) } } : { video: { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 }, ...(id && { deviceId: { ideal: id } }) } }
  const stream = await navigator.mediaDevices.getUserMedia(wanted)
  return stream.getTracks()[0]!
}

function put(device: Device, track: MediaStreamTrack): void {
  tracks[device].value?.stop()
  tracks[device].value = track
  if (device === 'mic') micGone.value = false
  track.addEventListener('ended', () => tracks[device].value === track && void unplugged(device))
}

/** unplugged takes another device instead of falling silent. */
async function unplugged(device: Device): Promise<void> {
  const was = device === 'mic' ? micOn.value : cameraOn.value
  tracks[device].value = undefined
  if (!seat.value && !was) return
  if (!(await open(device))) {
    // The room must not go on to believe that somebody is heard.
    await give(device)
    if (was && device === 'mic') micGone.value = true
    if (was) await attempt(() => current()!.show({ [device]: false }))
    return
  }
  toast(say('device.gone', { name: tracks[device].peek()?.label || say(`device.${device}`) }))
  await give(device)
}

/** choose changes the device, also while it is on. */
export async function choose(device: Device, id: string): Promise<void> {
  chosen.value = { ...chosen.value, [device]: id }
  remember(`lectern.${device}`, id)
  if (!tracks[device].value) return
  tracks[device].value?.stop()
  tracks[device].value = undefined
  const was = device === 'mic' ? micOn.value : cameraOn.value
  if ((await open(device)) && was) await give(device)
}

/** restart opens the microphone anew, and sends what it hears. */
export async function restart(): Promise<void> {
  drop('mic')
  await turn('mic', true)
}

const reasons: Record<string, Key> = {
  SecurityError: 'device.insecure',
  NotAllowedError: 'device.blocked',
  NotFoundError: 'device.none',
  OverconstrainedError: 'device.none',
  NotReadableError: 'device.busy',
  AbortError: 'device.busy',
  NotSupportedError: 'device.screen',
}

const reason = (error: unknown): Key => reasons[error instanceof DOMException ? error.name : ''] ?? 'device.failed'

const give = (source: Source) => current()!.give(source, source === 'mic' ? mic.value : source === 'camera' ? camera.value : screen.value)

/** stepUp takes the seat, with what is wanted of it turned on: by an invitation, or where one may without. */
export async function stepUp(wanted: { mic: boolean; camera: boolean }): Promise<void> {
  if (wanted.mic) await open('mic')
  if (wanted.camera) await open('camera')
  if (!seat.value && !(await attempt(() => current()!.accept()))) return letGo()
  if (!wanted.camera) drop('camera')
  await giveAll()
  await attempt(() => current()!.show({ mic: wanted.mic && mic.value !== undefined, camera: wanted.camera && camera.value !== undefined }))
}

/** giveAll sends the microphone also while it is off, so that the first word is heard; the room's gate is shut. */
async function giveAll(): Promise<void> {
  if (mic.value) await give('mic')
  if (camera.value) await give('camera')
}

/** turn turns the microphone or the camera on or off. */
export async function turn(device: Device, on: boolean): Promise<void> {
  if (on && !(await open(device))) return
  if (on) await give(device)
  const done = await attempt(() => current()!.show({ [device]: on }))
  if (device === 'camera' && on !== done) {
    // A camera that is off has its light off. One that was refused, too.
    drop('camera')
    await give('camera')
  }
}

/** restore turns on again what was on before this page was loaded anew. A screen has to be chosen again. */
async function restore(): Promise<void> {
  const { mic, camera } = state.value!.intent
  const [heard, seen] = [mic && (await open('mic')), camera && (await open('camera'))]
  if (heard) await give('mic')
  if (seen) await give('camera')
  await attempt(() => current()!.show({ mic: heard, camera: seen, screen: false }))
}

function drop(device: Device): void {
  const track = tracks[device].value
  tracks[device].value = undefined
  track?.stop()
}

/** share asks for a screen and shows it to all. */
export async function share(what: Motion): Promise<void> {
  const media = navigator.mediaDevices as MediaDevices | undefined
  if (!media?.getDisplayMedia) return toast(say('device.screen'))
  const size = { width: { max: 2560 }, height: { max: 1440 } }
  const video = what === 'text' ? { ...size, frameRate: { max: 15 } } : { ...size, frameRate: { ideal: 30 } }
  let stream: MediaStream
  try {
    stream = await media.getDisplayMedia({ video, audio: { echoCancellation: true } })
  } catch (error) {
    if ((error as DOMException).name !== 'NotAllowedError') toast(say(reason(error))) // else: a person's own choice
    return
  }
  const [picture, sound] = [stream.getVideoTracks()[0]!, stream.getAudioTracks()[0]]
  picture.contentHint = what
  screen.value = picture
  picture.addEventListener('ended', () => {
    toast(say('share.ended'))
    void unshare()
  })
  try {
    await current()!.show({ screen: true })
    await current()!.give('screen', picture)
    await current()!.give('screen_audio', sound)
  } catch (error) {
    complain(error)
    stopScreen()
  }
}

/** unshare ends the sharing. */
export async function unshare(): Promise<void> {
  if (!screen.value) return
  stopScreen()
  await current()?.give('screen', undefined)
  await current()?.give('screen_audio', undefined)
  await attempt(() => current()!.show({ screen: false }))
}

function stopScreen(): void {
  const track = screen.value
  screen.value = undefined
  track?.stop()
}

/** letGo turns all devices off, and their lights. */
export function letGo(): void {
  releases++
  micGone.value = false
  drop('mic')
  drop('camera')
  stopScreen()
}

// A microphone that the room holds shut records nothing here either.
effect(() => {
  if (mic.value) mic.value.enabled = micOn.value || seat.value === undefined
})

listen('offstage', letGo)
listen('restore', () => void restore())
listen<{ kind: string }>('media.muted', ({ kind }) => {
  if (kind === 'video') {
    drop('camera')
    void give('camera')
  }
  if (kind === 'screen') void unshare()
})

navigator.mediaDevices?.addEventListener('devicechange', () => void changed())
addEventListener('pagehide', letGo)
