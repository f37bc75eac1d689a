// The whiteboard of the room: which page is here, what is drawn on it, and how that gets to the others. Own ink is there at
// once; the server's word settles it.
import { signal } from '@preact/signals'
import { say } from '../../text/room'
import { ask, attempt, complain, current, listen, may, state } from '../session'
import { announce } from '../toasts'
import { pack, simplify } from './ink'
import { Paper, type Op, type Shape } from './paper'

/** The page that is shown. */
export const page = signal(0)
export const paper = new Paper()

/** Ink of others that is still wet, and where they point, by its id. */
export interface Wet {
  shape: Pick<Shape, 't' | 'd'>
  pointer?: { x: number; y: number; name: string }
  until: number
}
export const wet = new Map<string, Wet>()

/** Lifted is a shape on its way to another place: it is drawn there until the server has put it down. */
interface Lifted {
  id: string
  dx: number
  dy: number
  /** The server was told. */
  sent: boolean
}
let lifted: Lifted | undefined

/** Called when the page, or the wet ink on it, has to be drawn anew. */
type Redraw = (what: 'added' | 'all' | 'wet') => void
let redraw: Redraw = () => {}
let ver = -1
let fetching = false

/** Wet ink that is not followed up vanishes, ms. */
const drying = 4000
/** How long a pointer is seen, ms. */
const pointing = 1500
/** What nobody sees of a stroke, in units of the page. */
const tolerance = 6
/** The most points of a stroke in progress that are passed on. */
const mostLive = 250

const id = () => state.value?.boards[0]?.id ?? ''
export const pages = () => state.value?.boards[0]?.pages ?? 1

/** watch keeps the page as the server has it, for as long as it is shown. */
export function watch(draw: Redraw): () => void {
  redraw = draw
  page.value = state.value?.boards[0]?.page ?? 0
  void load()
  const stops = [
    listen<{ board: string; ver: number; by: string; ops: Op[] }>('board.ops', arrived),
    listen<{ board: string; page: number; id: string; t?: string; pts: number[]; end?: boolean; member?: string }>('board.live', flowing),
    listen('resumed', () => void load()),
  ]
  return () => {
    stops.forEach((stop) => stop())
    redraw = () => {}
    wet.clear()
  }
}

async function load(): Promise<void> {
  if (fetching || !id()) return
  fetching = true
  try {
    const wanted = page.value
    const reply = await current()!.ask<{ ver: number; shapes?: Shape[] }>('board.get', { board: id(), page: wanted })
    if (wanted !== page.value) return
    ver = reply.ver
    if (lifted?.sent) lifted = undefined
    paper.set(reply.shapes ?? [])
    redraw('all')
  } catch (error) {
    complain(error)
  } finally {
    fetching = false
  }
  if (page.value !== (state.value?.boards[0]?.page ?? page.value)) void load()
}

function arrived({ board, ver: now, by, ops }: { board: string; ver: number; by: string; ops: Op[] }): void {
  if (board !== id()) return
  if (ver >= 0 && now > ver + ops.length) return void load() // something between was missed
  ver = Math.max(ver, now)
  let change: 'nothing' | 'added' | 'all' = 'nothing'
  for (const op of ops) {
    if (op.t === 'page') turn(op.page)
    if (op.page !== page.value) continue
    if (op.id) wet.delete(op.id)
    if (op.t === 'move' && op.id === lifted?.id && lifted?.sent && by === state.value?.self.member) lifted = undefined
    const next = paper.apply(op)
    if (next === 'all' || change === 'nothing') change = next
  }
  if (change !== 'nothing') redraw(change)
  redraw('wet')
  tell(by)
}

let told = 0
/** What is drawn is said to those who do not see it, not too often, ms. */
const telling = 10_000

function tell(by: string): void {
  if (by === state.value?.self.member || Date.now() - told < telling) return
  told = Date.now()
  announce(say('board.drew', { name: nameOf(by) }))
}

const nameOf = (member: string) => state.value?.seats.find((seat) => seat.member?.id === member)?.member?.name ?? say('board.somebody')

function turn(next: number): void {
  if (next === page.value) return
  page.value = next
  lifted = undefined
  wet.clear()
  paper.set([])
  redraw('all')
  void load()
}

function flowing({ board, page: at, id: shape, t = '', pts, end, member = '' }: { board: string; page: number; id: string; t?: string; pts: number[]; end?: boolean; member?: string }): void {
  if (board !== id() || at !== page.value || member === state.value?.self.member) return
  if (t === 'pointer') {
    const [x = 0, y = 0] = pts
    wet.set(shape, { shape: { t: 'pointer', d: {} }, pointer: { x, y, name: nameOf(member) }, until: Date.now() + pointing })
  } else {
    const [kind, c, w] = t.split(':')
    wet.set(shape, { shape: { t: 'stroke', d: { p: pts, c: Number(c), w: Number(w), m: kind === 'marker' } }, until: Date.now() + drying })
  }
  if (end) wet.delete(shape)
  redraw('wet')
}

/** dry forgets wet ink whose time is over, and tells whether there is any left. */
export function dry(now = Date.now()): boolean {
  for (const [shape, { until }] of wet) if (until < now) wet.delete(shape)
  return wet.size > 0
}

/** put draws a shape: here at once, and for all when the server has it. */
export function put(shape: Pick<Shape, 'id' | 't' | 'd'>): void {
  const op: Op = { ...shape, page: page.value }
  if (!may('board') || paper.apply(op) === 'nothing') return
  redraw('added')
  void attempt(() => current()!.ask('board.op', { board: id(), ops: [op] }, true)).then((ok) => {
    if (!ok && paper.apply({ id: shape.id, t: 'del', page: page.value }) === 'all') redraw('all')
  })
}

/** stroke draws a line through points, without those that nobody would miss. */
export function stroke(shape: string, points: readonly number[], look: { c: number; w: number; m: boolean }): void {
  put({ id: shape, t: 'stroke', d: { c: look.c, w: look.w, p: pack(simplify(points.map(Math.round), tolerance)), ...(look.m && { m: true }) } })
}

/** placed gives a shape where it is drawn now. */
export function placed(shape: Shape): Shape {
  return shape.id === lifted?.id ? { ...shape, dx: (shape.dx ?? 0) + lifted.dx, dy: (shape.dy ?? 0) + lifted.dy } : shape
}

/** movable tells whether this person may move a shape: the staff any, others their own. */
export const movable = ({ by }: Shape) => may('board') && (may('moderate') || by === undefined || by === state.value?.self.member)

/** lift draws a shape so far away from where it was; putDown leaves it there, for all. */
export function lift(id: string, dx: number, dy: number): void {
  if (lifted?.sent) return // the last one is still on its way
  lifted = { id, dx, dy, sent: false }
  redraw('all')
}

export function putDown(): void {
  const one = lifted
  if (!one || one.sent) return
  const [dx, dy] = [Math.round(one.dx), Math.round(one.dy)]
  if (dx === 0 && dy === 0) return void (lifted = undefined)
  one.sent = true
  // Asked once: what arrives twice moves twice.
  void attempt(() => current()!.ask('board.op', { board: id(), ops: [{ id: one.id, t: 'move', page: page.value, dx, dy }] })).then((ok) => {
    if (ok || lifted !== one) return
    lifted = undefined
    redraw('all')
  })
}

/** erase takes a shape away. */
export function erase(shape: string): void {
  if (paper.apply({ id: shape, t: 'del', page: page.value }) !== 'all') return
  redraw('all')
  void attempt(() => current()!.ask('board.op', { board: id(), ops: [{ id: shape, t: 'del', page: page.value }] }, true)).then((ok) => !ok && void load())
}

export const undo = () => void ask('board.op', { board: id(), ops: [{ t: 'undo', page: page.value }] })
export const clear = () => void ask('board.op', { board: id(), ops: [{ t: 'clear', page: page.value }] })
/** goTo shows everybody a page; the one after the last is made. */
export const goTo = (next: number) => void ask('board.op', { board: id(), ops: [{ t: 'page', page: next }] })

let sentAt = 0

/** flow shows the others a stroke in progress, or where one points. Much of it may be left out: each message holds all of it. */
export function flow(shape: string, t: string, points: readonly number[], end = false): void {
  const now = Date.now()
  if (!end && now - sentAt < 1000 / (state.value?.limits.board_live_per_s || 30)) return
  sentAt = now
  const last = points.slice(-2 * mostLive).map(Math.round)
  current()!.tell('board.live', { board: id(), page: page.value, id: shape, t, pts: pack(last), ...(end && { end }) })
}

