// Shapes on a canvas.
import { height, unpack, width } from './ink'
import type { Drawing, Shape } from './paper'

/** The colours of the pens, on white. */
export const palette = ['#1b1f23', '#c0262d', '#0b6e4f', '#1d4ed8', '#b45309', '#7e22ce'] as const

/** clean empties a canvas and puts its numbers in units of the page. */
export function clean(context: CanvasRenderingContext2D): void {
  const { canvas } = context
  context.setTransform(1, 0, 0, 1, 0, 0)
  context.clearRect(0, 0, canvas.width, canvas.height)
  context.setTransform(canvas.width / width, 0, 0, canvas.height / height, 0, 0)
}

/** paint draws a shape. */
export function paint(context: CanvasRenderingContext2D, { t, d, dx = 0, dy = 0 }: Pick<Shape, 't' | 'd' | 'dx' | 'dy'>): void {
  context.save()
  context.translate(dx, dy)
  context.strokeStyle = context.fillStyle = palette[d.c ?? 0] ?? palette[0]
  context.lineWidth = d.w ?? 30
  context.lineCap = context.lineJoin = 'round'
  if (d.m) context.globalAlpha = 0.35
  if (t === 'stroke') line(context, unpack(d.p ?? []))
  else if (t === 'shape') form(context, d)
  else if (t === 'text') write(context, d)
  context.restore()
}

/** line draws through the middles between points, which makes corners round. */
function line(context: CanvasRenderingContext2D, p: number[]): void {
  context.beginPath()
  context.moveTo(p[0]!, p[1]!)
  if (p.length <= 2) context.lineTo(p[0]! + 0.1, p[1]!)
  for (let i = 2; i + 3 < p.length; i += 2) context.quadraticCurveTo(p[i]!, p[i + 1]!, (p[i]! + p[i + 2]!) / 2, (p[i + 1]! + p[i + 3]!) / 2)
  if (p.length > 2) context.lineTo(p.at(-2)!, p.at(-1)!)
  context.stroke()
}

function form(context: CanvasRenderingContext2D, { k, p = [], w = 30 }: Drawing): void {
  const [ax = 0, ay = 0, bx = 0, by = 0] = p
  context.beginPath()
  if (k === 'rect') context.rect(Math.min(ax, bx), Math.min(ay, by), Math.abs(bx - ax), Math.abs(by - ay))
  else if (k === 'ellipse') context.ellipse((ax + bx) / 2, (ay + by) / 2, Math.abs(bx - ax) / 2, Math.abs(by - ay) / 2, 0, 0, 2 * Math.PI)
  else {
    context.moveTo(ax, ay)
    context.lineTo(bx, by)
    if (k === 'arrow') head(context, ax, ay, bx, by, w * 8)
  }
  context.stroke()
}

function head(context: CanvasRenderingContext2D, ax: number, ay: number, bx: number, by: number, size: number): void {
  const angle = Math.atan2(by - ay, bx - ax)
  for (const side of [-0.45, 0.45]) {
    context.moveTo(bx, by)
    context.lineTo(bx - size * Math.cos(angle + side), by - size * Math.sin(angle + side))
  }
}

function write(context: CanvasRenderingContext2D, { x = 0, y = 0, s = 300, text = '' }: Drawing): void {
  context.font = `600 ${s}px system-ui, sans-serif`
  text.split('\n').forEach((row, i) => context.fillText(row, x, y + i * s * 1.25))
}
