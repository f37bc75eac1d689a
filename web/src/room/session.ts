// The room as this page knows it, and what the person here can do. The rest of the page only shows this.
//
// The invariant: what is on the screen is what the server has said. A press asks; the answer, or the event after it,
// changes the picture.
import { computed, signal } from '@preact/signals'
import { can, mySeat, Room, RoomError, type LinkState, type PublicFacts, type Place, type RoomState } from '../lib/room'
import { en, say, type Key } from '../text/room'
import { record } from '../ui/journal'
import { recall, remember } from '../ui/memory'
import { keepSession, roomFrom, sessionOf, takeRight } from './address'
import { open } from './sheets'
import { announce, toast } from './toasts'

export const id = roomFrom(location.pathname)
const right = takeRight(id)
const before = sessionOf(id)
/** This tab has an invitation or a token. */
export const entitled = right.invite !== undefined || right.token !== undefined

export const name = signal(before?.name ?? recall('lectern.person') ?? '')
/** Counts the connections that brought media: what is in the streams changes with them. */
const connections = signal(0)
/** What anybody may know; undefined until the server has said it. */
export const facts = signal<PublicFacts | undefined>(undefined)
export const state = signal<RoomState | undefined>(undefined)
export const link = signal<LinkState>('idle')
export const waiting = signal<Place | undefined>(undefined)
export const over = signal<RoomError | undefined>(undefined)
/** What is still known of a class that is over: whether this person taught it, how long it took, and its title. */
export const past = signal({ taught: false, minutes: 0, title: '' })
/** Sound and pictures do not get through, for now. */
export const mediaLost = signal(false)

/** Where this person is. */
export const phase = computed<'entrance' | 'joining' | 'waiting' | 'inside' | 'over'>(() => {
  if (over.value) return 'over'
  if (state.value) return 'inside'
  if (waiting.value) return 'waiting'
  return link.value === 'idle' ? 'entrance' : 'joining'
})

/** Something that comes and goes without a place in the state: danmaku, reactions, ink. */
type Listener = (data: never) => void
const listeners = new Map<string, Set<Listener>>()

let room: Room | undefined

/** The present room, for media and statistics. */
export const current = () => room

/** stream gives what a seat shows. Who reads it is told when there is another connection. */
export function stream(seat: number): MediaStream | undefined {
  return connections.value > 0 ? room?.streams[seat] : undefined
}

export const me = computed(() => state.value?.self)
export const seat = computed(() => state.value && mySeat(state.value))
/** Whether this person is on stage, or shares a screen. */
export const onStage = computed(() => seat.value !== undefined)
export const staff = computed(() => may('moderate'))

export function may(cap: string): boolean {
  return state.value !== undefined && can(state.value, cap)
}

/** listen hears the events of a type, until the function that it returns is called. */
export function listen<T>(type: string, listener: (data: T) => void): () => void {
  const all = listeners.get(type) ?? new Set()
  listeners.set(type, all.add(listener as Listener))
  return () => all.delete(listener as Listener)
}

const tell = (type: string, data?: unknown) => listeners.get(type)?.forEach((listener) => listener(data as never))

/** join enters the room by a name. */
export function join(as: string, password?: string): void {
  name.value = as.trim()
  if (password) right.password = password
  remember('lectern.person', name.value)
  connect(false)
}

/** rejoin enters again after an end. */
export function rejoin(takeover = false): void {
  over.value = undefined
  connect(takeover, takeover)
}

function connect(takeover: boolean, resume = false): void {
  const kept = resume ? (room?.session ?? sessionOf(id)) : undefined
  const { protocol, host } = location
  const url = `${protocol === 'https:' ? 'wss' : 'ws'}://${host}/api/v1/rooms/${id}/ws`
  const device = matchMedia('(pointer: coarse)').matches ? 'mobile' : 'desktop'
  const made = new Room({ url, name: name.value || undefined, ...right, session: kept && { id: kept.id, key: kept.key }, device })
  room = made
  made.on('link', (now) => {
    record('room', now)
    link.value = now
  })
  made.on('waiting', (now) => {
    waiting.value = now
    if (made.session) keepSession(id, { ...made.session, name: name.value }) // the place in the line outlives a reload
  })
  made.on('state', (next) => entered(next, made))
  made.on('back', (ms) => {
    toast(say('back', { s: Math.max(1, Math.round(ms / 1000)) }))
    tell('resumed')
  })
  made.on('media', ({ pc, state }) => {
    record(pc, state)
    if (pc !== 'sub') return
    mediaLost.value = state === 'failed'
    if (state === 'connecting') connections.value++
  })
  made.on('trouble', complain)
  made.on('event', ({ type, data }) => tell(type, data))
  made.on('offstage', () => tell('offstage'))
  made.on('over', ended)
  made.join(takeover)
}

function entered(next: RoomState, from: Room): void {
  const first = state.value === undefined
  state.value = next
  waiting.value = undefined
  if (first && mySeat(next)) {
    if (before && (next.intent.mic || next.intent.camera)) tell('restore')
    else if (!before) open.value = { what: 'stage' } // who is to be seen sees before how
  }
  if (first && from.session) keepSession(id, { ...from.session, name: next.self.name })
}

function ended(error: RoomError): void {
  record('over', error.code)
  const last = state.value
  const taught = error.code === 'room_ended' && last !== undefined && can(last, 'teach')
  const began = Date.parse(last?.room.since ?? '')
  past.value = { taught, minutes: began > 0 ? Math.max(1, Math.round((Date.now() - began) / 60_000)) : 0, title: last?.room.title ?? '' }
  state.value = undefined
  waiting.value = undefined
  if (error.code !== 'moved' && error.code !== 'conflict') keepSession(id, taught ? { ...reader()!, name: name.value, taught } : undefined)
  over.value = error
}

/** knock goes back to the door: another class may begin behind it. */
export function knock(): void {
  keepSession(id, undefined)
  over.value = undefined
  link.value = 'idle'
  void look()
}

/** leave goes, for good. */
export function leave(): void {
  room?.leave()
}

/** wake cuts a wait for the server short. */
export function wake(): void {
  room?.wake()
}

/** ask makes a request and says in words when it is refused; it tells whether it was not. */
export async function ask(type: string, data: unknown = {}): Promise<boolean> {
  return attempt(() => room!.ask(type, data))
}

/** attempt runs what may be refused, and says so in words. */
export async function attempt(run: () => Promise<unknown>): Promise<boolean> {
  try {
    await run()
    return true
  } catch (error) {
    complain(error)
    return false
  }
}

/** complain puts a refusal into words. */
export function complain(error: unknown): void {
  const code = error instanceof RoomError ? error.code : 'internal'
  record('refused', code, String(error))
  const hint = error instanceof RoomError ? error.refusal.hint : undefined
  const key = [`error.${code}.${hint}`, `error.${code}`].find((one) => one in en) ?? 'error.internal'
  toast(say(key as Key))
}

/** fetchJSON asks the API of this room, by the right of this session; undefined, with words on the page, when it refuses. */
export async function fetchJSON<T>(path: string, body: object): Promise<T | undefined> {
  const response = await fetchAs(path, { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } })
  return response && ((await response.json()) as T)
}

/** readJSON reads what the API of this room has, likewise. */
export async function readJSON<T>(path: string): Promise<T | undefined> {
  const response = await fetchAs(path, {})
  return response && ((await response.json()) as T)
}

/** download saves a report of the class. */
export async function download(path: string): Promise<void> {
  const response = await fetchAs(path, {})
  if (!response) return
  const url = URL.createObjectURL(await response.blob())
  Object.assign(document.createElement('a'), { href: url, download: `${id}-${path}` }).click()
  setTimeout(() => URL.revokeObjectURL(url), 1000)
}

/** reader is the session by which the API is asked: also that of a class which is over. */
const reader = () => room?.session ?? before

async function fetchAs(path: string, init: RequestInit): Promise<Response | undefined> {
  const { id: session, key } = reader()!
  const response = await fetch(`/api/v1/rooms/${id}/${path}`, { ...init, headers: { ...init.headers, Authorization: `Bearer ${session}.${key}` } }).catch(() => undefined)
  if (response?.ok) return response
  complain(new RoomError(response?.status === 403 ? 'forbidden' : 'unavailable', String(response?.status)))
  return undefined
}

/** look asks what anybody may know of the room. */
export async function look(): Promise<void> {
  try {
    const headers = right.token ? { Authorization: `Bearer ${right.token}` } : undefined
    const response = await fetch(`/api/v1/rooms/${id}`, headers && { headers })
    if (response.ok) facts.value = (await response.json()) as PublicFacts
    else if (response.status === 404) over.value = new RoomError('not_found', 'no such room')
  } catch {
    // the server is away; joining says so
  }
}

/** begin goes on with the session of before a reload, or shows the way in. */
export function begin(): void {
  addEventListener('online', wake)
  document.addEventListener('visibilitychange', () => !document.hidden && wake())
  if (before?.taught) {
    past.value = { taught: true, minutes: 0, title: '' }
    over.value = new RoomError('room_ended', 'the class was over before')
    return void look() // for its title
  }
  if (before) return connect(false, true)
  void look()
}

listen<{ kind: 'audio' | 'video' | 'screen' }>('media.muted', ({ kind }) => toast(say(`muted.${kind}`)))
listen('sys.draining', () => toast(say('draining')))
listen<{ text: string }>('sys.notice', ({ text }) => toast(text))
// Whoever does not see the stage hears who comes.
listen<{ seat: number }>('seat.live', ({ seat }) => {
  const member = state.value?.seats[seat]?.member
  if (member && member.id !== me.value?.member) announce(say(seat === 0 ? 'content.of' : 'stage.came', { name: member.name }))
})
listen('offstage', () => toast(say('step_down.done')))

