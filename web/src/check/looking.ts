// Finds out, one thing after another, what this browser can do here, and hands the result in where a link asks for it.
import { computed, signal } from '@preact/signals'
import { en, type Key } from '../text/check'
import { format } from '../text/format'
import { lines, verdict, type Facts, type Line } from './facts'
import { echo } from './socket'
import { look, type Found } from './way'

const abilities = (kind: typeof RTCRtpReceiver | typeof RTCRtpSender | undefined) => {
  const all = ['video', 'audio'].flatMap((media) => kind?.getCapabilities(media)?.codecs.map(({ mimeType }) => mimeType.split('/')[1]!) ?? [])
  return [...new Set(all)].filter((name) => /^(VP8|VP9|AV1|H264|H265|opus)$/i.test(name))
}

const unknown = (): Facts => ({
  secure: window.isSecureContext,
  webrtc: typeof RTCPeerConnection !== 'undefined',
  receives: abilities(globalThis.RTCRtpReceiver),
  sends: abilities(globalThis.RTCRtpSender),
})

export const facts = signal<Facts>(unknown())
/** The looking is over. */
export const done = signal(false)
/** Whether the result was handed in; undefined while it was not tried. */
export const handed = signal<boolean | undefined>(undefined)
export const found = computed(() => ({ verdict: verdict(facts.value), lines: lines(facts.value) }))

/** The code in the address, by which somebody asks for the result; "" without one. */
export const code = /^[a-z0-9]{1,32}$/i.exec(new URLSearchParams(location.search).get('c') ?? '')?.[0] ?? ''

const learn = (more: Partial<Facts>) => (facts.value = { ...facts.value, ...more })

/** begin looks, from the start. */
export async function begin(): Promise<void> {
  done.value = false
  handed.value = undefined
  facts.value = unknown()
  await Promise.all([devices(), echo().then((socket) => learn({ socket })), facts.value.webrtc && ways()])
  done.value = true
  if (code) handed.value = await handIn()
}

/** ways tries one after the other: side by side, each would be a part of what the other measures. */
async function ways(): Promise<void> {
  const udp = await look('udp', [], listen)
  learn({ udp: known(udp) })
  const tcp = await look('tcp', [], udp.connected ? undefined : listen)
  learn({ tcp: known(tcp) })
  const relays = udp.relays.length > 0 ? udp.relays : tcp.relays
  if (!udp.connected && !tcp.connected && relays.length > 0) learn({ relay: known(await look('relay', relays)) })
}

const known = ({ relays: _, ...way }: Found) => way

/** listen finds out whether sound may begin by itself. What comes is silence. */
async function listen(stream: MediaStream): Promise<void> {
  const audio = new Audio()
  audio.srcObject = stream
  const autoplay = await Promise.race([audio.play().then(() => true, (error: unknown) => !(error instanceof DOMException) || error.name !== 'NotAllowedError'), new Promise<undefined>((resolve) => setTimeout(resolve, 2000))])
  audio.srcObject = null
  if (autoplay !== undefined) learn({ autoplay })
}

async function devices(): Promise<void> {
  const all = await navigator.mediaDevices?.enumerateDevices().catch(() => [])
  const count = (kind: MediaDeviceKind) => (all ?? []).filter((device) => device.kind === kind && !['default', 'communications'].includes(device.deviceId)).length
  learn({ devices: { mics: count('audioinput'), cameras: count('videoinput') } })
}

/** titleOf is the key of the sentence that names a line. */
export const titleOf = (id: Line['id']): Key => (id === 'tcp' ? 'tcp_way' : id)

/** detailOf is the key of what was found. */
export const detailOf = ({ id, detail }: Line) => `${id}.${detail}` as Key

/** Results are handed on in English, whatever is on the screen: who reads them runs the server. */
const english = (key: Key, values?: Line['values']) => format(en[key], 'en', values)

const marks = { ok: '✔', warn: '!', fail: '✖' } as const

/** written is the result as people hand it on. */
export function written(): string {
  const { verdict, lines } = found.value
  return [
    `${location.host} ${new Date().toISOString()}`,
    ...(verdict ? [english(verdict)] : []),
    ...lines.map((line) => `${line.level ? marks[line.level] : '?'} ${english(titleOf(line.id))}: ${english(detailOf(line), line.values)}`),
    navigator.userAgent,
  ].join('\n')
}

async function handIn(): Promise<boolean> {
  const { verdict, lines } = found.value
  const told = lines.filter(({ level }) => level).map((line) => ({ id: line.id, level: line.level, detail: english(detailOf(line), line.values) }))
  const body = JSON.stringify({ verdict: verdict ?? 'unknown', lines: told })
  const response = await fetch(`/api/v1/checks/${code}`, { method: 'POST', body, headers: { 'Content-Type': 'application/json' } }).catch(() => undefined)
  return response?.ok === true
}
