// What is on a page: shapes in the order of drawing, and what operations make of them. Nothing here draws.
import { distance, unpack } from './ink'

export type Form = 'line' | 'rect' | 'ellipse' | 'arrow'

/** What a shape consists of. Colours are numbers of a palette, so that they suit light and dark. */
export interface Drawing {
  /** Colour, and width in units of the page. */
  c?: number
  w?: number
  /** Of a stroke: the first point and the steps from each to the next. Of a form: its two corners. */
  p?: number[]
  /** A marker, which lets through what is below. */
  m?: boolean
  k?: Form
  /** Of a text: where it begins, and how large it is. */
  x?: number
  y?: number
  s?: number
  text?: string
}

export interface Shape {
  id: string
  t: string
  d: Drawing
  dx?: number
  dy?: number
  by?: string
}

export interface Op {
  id?: string
  t: string
  page: number
  dx?: number
  dy?: number
  d?: Drawing
}

/** Change says what has to be drawn anew. */
export type Change = 'nothing' | 'added' | 'all'

/** Paper is one page. */
export class Paper {
  shapes: Shape[] = []

  /** set takes the page as the server has it. */
  set(shapes: readonly Shape[]): void {
    this.shapes = [...shapes]
  }

  /** apply makes an operation; what was drawn here before it came back from the server is there once. */
  apply(op: Op): Change {
    switch (op.t) {
      case 'stroke':
      case 'shape':
      case 'text':
      case 'image':
        if (!op.id || this.shapes.some(({ id }) => id === op.id)) return 'nothing'
        this.shapes.push({ id: op.id, t: op.t, d: op.d ?? {} })
        return 'added'
      case 'del':
        return this.#keep(({ id }) => id !== op.id)
      case 'clear':
        return this.#keep(() => false)
      case 'move':
        this.shapes = this.shapes.map((shape) => (shape.id === op.id ? { ...shape, dx: (shape.dx ?? 0) + (op.dx ?? 0), dy: (shape.dy ?? 0) + (op.dy ?? 0) } : shape))
        return 'all'
      default:
        return 'nothing'
    }
  }

  /** at gives the topmost shape within reach of a point. */
  at(x: number, y: number, reach: number): Shape | undefined {
    return this.shapes.findLast((shape) => touches(shape, x - (shape.dx ?? 0), y - (shape.dy ?? 0), reach))
  }

  #keep(wanted: (shape: Shape) => boolean): Change {
    const before = this.shapes.length
    this.shapes = this.shapes.filter(wanted)
    return this.shapes.length < before ? 'all' : 'nothing'
  }
}

function touches({ t, d }: Shape, x: number, y: number, reach: number): boolean {
  const near = reach + (d.w ?? 0) / 2
  if (t === 'text') return x >= (d.x ?? 0) - reach && x <= (d.x ?? 0) + (d.text?.length ?? 0) * (d.s ?? 0) * 0.6 && y <= (d.y ?? 0) + reach && y >= (d.y ?? 0) - (d.s ?? 0)
  const points = t === 'stroke' ? unpack(d.p ?? []) : outline(d)
  if (points.length === 2) return Math.hypot(x - points[0]!, y - points[1]!) <= near
  for (let i = 0; i + 3 < points.length; i += 2) {
    if (distance(x, y, points[i]!, points[i + 1]!, points[i + 2]!, points[i + 3]!) <= near) return true
  }
  return false
}

/** bounds gives the corners of what a shape covers: left, top, right, bottom. */
export function bounds({ t, d, dx = 0, dy = 0 }: Pick<Shape, 't' | 'd' | 'dx' | 'dy'>): [number, number, number, number] {
  const [x, y, s] = [d.x ?? 0, d.y ?? 0, d.s ?? 0]
  const rows = (d.text ?? '').split('\n')
  const points = t === 'text' ? [x, y - s, x + Math.max(...rows.map((row) => row.length)) * s * 0.6, y + (rows.length - 1) * s * 1.25 + s * 0.25] : t === 'stroke' ? unpack(d.p ?? []) : (d.p ?? [])
  const [xs, ys] = [points.filter((_, i) => i % 2 === 0), points.filter((_, i) => i % 2 === 1)]
  const half = (d.w ?? 0) / 2
  return [Math.min(...xs) - half + dx, Math.min(...ys) - half + dy, Math.max(...xs) + half + dx, Math.max(...ys) + half + dy]
}

/** outline gives the edge of a form, by points. */
function outline({ k, p = [] }: Drawing): number[] {
  const [ax = 0, ay = 0, bx = 0, by = 0] = p
  if (k === 'rect') return [ax, ay, bx, ay, bx, by, ax, by, ax, ay]
  if (k !== 'ellipse') return [ax, ay, bx, by]
  return Array.from({ length: 33 }, (_, i) => [(ax + bx) / 2 + ((bx - ax) / 2) * Math.cos((i * Math.PI) / 16), (ay + by) / 2 + ((by - ay) / 2) * Math.sin((i * Math.PI) / 16)]).flat()
}
