import '../../styles/board.css'
import { signal, useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { say } from '../../text/room'
import { Icon, type IconName } from '../icons'
import { may, state } from '../session'
import { board as here, large, pin } from '../view'
import { height, width } from './ink'
import { announce } from '../toasts'
import { clean, paint, palette } from './paint'
import { bounds, type Form } from './paper'
import * as pad from './pad'

type Tool = 'select' | 'pen' | 'marker' | 'eraser' | Form | 'text' | 'pointer'

const tools: readonly Tool[] = ['select', 'pen', 'marker', 'eraser', 'line', 'arrow', 'rect', 'ellipse', 'text', 'pointer']
const widths = { pen: 28, marker: 180, form: 28 }
/** How near the eraser has to come, in units of the page. */
const reach = 90
const textSize = 340

const tool = signal<Tool>('pen')
const colour = signal(0)
/** The shape that is to be moved. */
const selected = signal<string | undefined>(undefined)
/** How far an arrow key moves it, and with Shift, in units of the page. */
const step = 100
const leap = 800
/** A shape that keys move is put down after this much rest, ms. */
const rest = 400

/** Board is the whiteboard: what is dry lies on one canvas, what is being drawn on another above it. */
export default function Board() {
  const sheet = useRef<HTMLDivElement>(null)
  const dry = useRef<HTMLCanvasElement>(null)
  const wet = useRef<HTMLCanvasElement>(null)
  const mine = useRef<Stroke | undefined>(undefined)
  const writing = useSignal<{ x: number; y: number } | undefined>(undefined)
  const draws = may('board')
  useEffect(() => follow(sheet.current!, dry.current!, wet.current!, mine), [])
  const at = (event: { clientX: number; clientY: number }): [number, number] => {
    const { left, top, width: w, height: h } = wet.current!.getBoundingClientRect()
    return [((event.clientX - left) / w) * width, ((event.clientY - top) / h) * height]
  }
  const down = (event: PointerEvent) => {
    if (!draws || event.button !== 0) return
    const [x, y] = at(event)
    if (tool.value === 'text') return void (writing.value = { x, y })
    wet.current!.setPointerCapture(event.pointerId)
    if (tool.value === 'select') choose(pad.paper.at(x, y, reach)?.id)
    mine.current = { id: tool.value === 'select' ? (selected.value ?? '') : crypto.randomUUID(), points: [x, y], tool: tool.value }
    move(event)
  }
  const move = (event: PointerEvent) => {
    if (tool.value === 'pointer' && draws) return pad.flow(`pointer-${state.value!.self.member}`, 'pointer', at(event))
    const stroke = mine.current
    if (!stroke) return
    for (const one of event.getCoalescedEvents?.() ?? [event]) stroke.points.push(...at(one))
    if (stroke.tool === 'select') {
      if (stroke.id) pad.lift(stroke.id, stroke.points.at(-2)! - stroke.points[0]!, stroke.points.at(-1)! - stroke.points[1]!)
    } else if (stroke.tool === 'eraser') {
      const found = pad.paper.at(...at(event), reach)
      if (found) pad.erase(found.id)
    } else if (stroke.tool === 'pen' || stroke.tool === 'marker') pad.flow(stroke.id, `${stroke.tool}:${colour.value}:${widths[stroke.tool]}`, stroke.points)
    wet.current!.dispatchEvent(new Event('ink'))
  }
  const up = () => {
    const stroke = mine.current
    mine.current = undefined
    if (stroke) finish(stroke)
    wet.current?.dispatchEvent(new Event('ink'))
  }
  return (
    <div class={large.value === here ? 'tile board large' : 'tile board'} role="group" aria-label={say('whiteboard')} onDblClick={() => large.value !== here && pin(here)}>
      {draws ? <Tools /> : <p class="hint">{say('board.view')}</p>}
      <div class="paper">
        <div class="sheet" ref={sheet}>
          <canvas ref={dry} />
          <canvas ref={wet} class={draws ? `tool-${tool.value}` : ''} {...(draws && tool.value === 'select' && movable)} onPointerDown={down} onPointerMove={move} onPointerUp={up} onPointerCancel={up} />
          {writing.value && <Writing at={writing.value} done={() => (writing.value = undefined)} />}
        </div>
      </div>
      <Pages />
    </div>
  )
}

/** choose selects a shape that may be moved, or none. */
function choose(id: string | undefined): void {
  const shape = pad.paper.shapes.find((one) => one.id === id)
  selected.value = shape && pad.movable(shape) ? id : undefined
}

let [keyX, keyY] = [0, 0]
let resting: ReturnType<typeof setTimeout> | undefined

/** settle puts down what keys have moved. */
function settle(): void {
  clearTimeout(resting)
  resting = undefined
  if (keyX !== 0 || keyY !== 0) announce(say('board.moved'))
  ;[keyX, keyY] = [0, 0]
  pad.putDown()
}

const arrows: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }

/** keyed moves, chooses and takes away shapes by keys. Behind the last shape, Tab leads on as everywhere. */
function keyed(event: KeyboardEvent): void {
  const id = selected.value
  const arrow = arrows[event.key]
  if (arrow && id) {
    const far = event.shiftKey ? leap : step
    keyX += arrow[0] * far
    keyY += arrow[1] * far
    pad.lift(id, keyX, keyY)
    clearTimeout(resting)
    resting = setTimeout(settle, rest)
  } else if (event.key === 'Tab') {
    settle()
    const all = pad.paper.shapes.filter(pad.movable)
    const at = all.findIndex((one) => one.id === id)
    const next = event.shiftKey ? (id === undefined ? all.at(-1) : all[at - 1]) : all[at + 1]
    selected.value = next?.id
    if (!next) return
    announce(say('board.selected'))
  } else if ((event.key === 'Delete' || event.key === 'Backspace') && id) {
    selected.value = undefined
    pad.erase(id)
  } else if (event.key === 'Escape' && id) selected.value = undefined
  else return
  event.preventDefault()
  event.stopPropagation()
  event.currentTarget!.dispatchEvent(new Event('ink'))
}

/** What makes the paper something that keys can work on. */
const movable = { tabIndex: 0, role: 'application', get 'aria-label'() { return say('board.selected') }, onKeyDown: keyed, onBlur: settle } as const

interface Stroke {
  id: string
  points: number[]
  tool: Tool
}

/** corners of a form are its first and its last point. */
const corners = (p: number[]) => [p[0]!, p[1]!, p.at(-2)!, p.at(-1)!].map(Math.round)
const isForm = (tool: Tool): tool is Form => tool === 'line' || tool === 'rect' || tool === 'ellipse' || tool === 'arrow'

function finish({ id, points, tool }: Stroke): void {
  if (tool === 'select') pad.putDown()
  else if (tool === 'pen' || tool === 'marker') pad.stroke(id, points, { c: colour.value, w: widths[tool], m: tool === 'marker' })
  else if (isForm(tool)) pad.put({ id, t: 'shape', d: { k: tool, c: colour.value, w: widths.form, p: corners(points) } })
}

/** follow draws what there is to draw, at the size the sheet has, once a picture of the screen. */
function follow(sheet: HTMLElement, dry: HTMLCanvasElement, wet: HTMLCanvasElement, mine: { current: Stroke | undefined }): () => void {
  const [below, above] = [dry.getContext('2d')!, wet.getContext('2d')!]
  let frame = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  const all = () => {
    clean(below)
    for (const shape of pad.paper.shapes) paint(below, pad.placed(shape))
  }
  const ink = () => {
    clean(above)
    for (const { shape, pointer } of pad.wet.values()) pointer ? point(above, pointer) : paint(above, shape)
    frameSelected(above)
    const own = mine.current
    if (own && isForm(own.tool)) paint(above, { t: 'shape', d: { k: own.tool, c: colour.value, w: widths.form, p: corners(own.points) } })
    else if (own && (own.tool === 'pen' || own.tool === 'marker')) {
      const steps = own.points.map((value, i) => (i < 2 ? value : value - own.points[i - 2]!))
      paint(above, { t: 'stroke', d: { c: colour.value, w: widths[own.tool], m: own.tool === 'marker', p: steps } })
    }
    clearTimeout(timer)
    if (pad.dry()) timer = setTimeout(soon, 500)
  }
  const soon = () => {
    cancelAnimationFrame(frame)
    frame = requestAnimationFrame(ink)
  }
  wet.addEventListener('ink', soon)
  const size = new ResizeObserver(() => {
    for (const canvas of [dry, wet]) {
      canvas.width = Math.max(1, Math.round(sheet.clientWidth * devicePixelRatio))
      canvas.height = Math.max(1, Math.round(sheet.clientHeight * devicePixelRatio))
    }
    all()
    ink()
  })
  size.observe(sheet)
  const stop = pad.watch((what) => {
    if (what === 'all') all()
    else if (what === 'added') paint(below, pad.paper.shapes.at(-1)!)
    soon()
  })
  return () => {
    stop()
    size.disconnect()
    cancelAnimationFrame(frame)
    clearTimeout(timer)
  }
}

/** frameSelected shows which shape is selected. */
function frameSelected(context: CanvasRenderingContext2D): void {
  const shape = tool.value === 'select' && pad.paper.shapes.find(({ id }) => id === selected.value)
  if (!shape) return
  const [left, top, right, bottom] = bounds(pad.placed(shape))
  context.strokeStyle = '#0f766e'
  context.lineWidth = 20
  context.setLineDash([120, 80])
  context.strokeRect(left - 80, top - 80, right - left + 160, bottom - top + 160)
  context.setLineDash([])
}

function point(context: CanvasRenderingContext2D, { x, y, name }: { x: number; y: number; name: string }): void {
  context.fillStyle = '#c0262d'
  context.beginPath()
  context.arc(x, y, 90, 0, 2 * Math.PI)
  context.fill()
  context.font = '600 220px system-ui, sans-serif'
  context.fillText(name, x + 140, y + 70)
}

function Tools() {
  return (
    <div class="tools" role="toolbar" aria-label={say('board.tools')}>
      {tools.map((one) => (
        <button key={one} type="button" aria-pressed={tool.value === one} aria-label={say(`board.${one}`)} title={say(`board.${one}`)} onClick={() => pick(one)}>
          <Icon name={one} />
        </button>
      ))}
      <span class="bar" />
      {palette.map((hex, i) => (
        <button key={hex} class="ink" type="button" aria-pressed={colour.value === i} aria-label={say('board.colour', { n: i + 1 })} onClick={() => (colour.value = i)}>
          <span style={{ background: hex }} />
        </button>
      ))}
      <span class="bar" />
      <Deed icon="undo" label={say('board.undo')} press={pad.undo} />
      {may('moderate') && <Deed icon="trash" label={say('board.clear')} press={pad.clear} />}
    </div>
  )
}

/** pick takes another tool; what was selected is so no more. */
function pick(one: Tool): void {
  tool.value = one
  selected.value = undefined
  document.querySelector('.board .sheet canvas:last-of-type')?.dispatchEvent(new Event('ink'))
}

function Deed({ icon, label, press, disabled }: { icon: IconName; label: string; press: () => void; disabled?: boolean }) {
  return (
    <button type="button" aria-label={label} title={label} disabled={disabled} onClick={press}>
      <Icon name={icon} />
    </button>
  )
}

function Pages() {
  const [at, all] = [pad.page.value, pad.pages()]
  const staff = may('moderate')
  return (
    <div class="pages">
      {staff && (
        <button type="button" aria-label={say('board.previous')} disabled={at === 0} onClick={() => pad.goTo(at - 1)}>
          {'‹'}
        </button>
      )}
      <span class="numbers small">{say('board.page', { n: at + 1, all })}</span>
      {staff && (
        <button type="button" aria-label={say(at + 1 < all ? 'board.next' : 'board.add')} title={say(at + 1 < all ? 'board.next' : 'board.add')} onClick={() => pad.goTo(at + 1)}>
          {at + 1 < all ? '›' : '+'}
        </button>
      )}
      <Deed icon="save" label={say('board.save')} press={save} />
    </div>
  )
}

/** Writing is the field in which a text is typed, where it will stand. */
function Writing({ at, done }: { at: { x: number; y: number }; done: () => void }) {
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => field.current?.focus(), [])
  const put = () => {
    const text = field.current!.value.trim()
    if (text) pad.put({ id: crypto.randomUUID(), t: 'text', d: { x: Math.round(at.x), y: Math.round(at.y), s: textSize, c: colour.value, text } })
    done()
  }
  const keyed = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && !event.isComposing) put()
    if (event.key === 'Escape') done()
  }
  return <input ref={field} class="writing-text" maxLength={200} aria-label={say('board.write')} placeholder={say('board.write')} style={{ insetInlineStart: `${(at.x / width) * 100}%`, insetBlockStart: `${(at.y / height) * 100}%` }} onKeyDown={keyed} onBlur={put} />
}

/** save gives the page as a picture. */
function save(): void {
  const canvas = Object.assign(document.createElement('canvas'), { width: 1920, height: 1080 })
  const context = canvas.getContext('2d')!
  clean(context)
  context.fillStyle = '#fff'
  context.fillRect(0, 0, width, height)
  for (const shape of pad.paper.shapes) paint(context, shape)
  canvas.toBlob((blob) => {
    if (!blob) return
    const url = URL.createObjectURL(blob)
    Object.assign(document.createElement('a'), { href: url, download: `${state.value!.room.id}-${pad.page.value + 1}.png` }).click()
    setTimeout(() => URL.revokeObjectURL(url), 1000)
  })
}
