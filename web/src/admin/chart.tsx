import 'uplot/dist/uPlot.min.css'
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import { language } from '../text/language'
import { dark } from '../ui/theme'
import { clockTime } from './words'

export interface Line {
  label: string
  values: (number | null)[]
  /** A colour of the page, such as `--accent`. */
  colour: string
}

interface ChartProps {
  title: string
  at: number[]
  lines: readonly Line[]
  /** Writes a value. */
  write: (value: number) => string
  /** The most that the chart has at least, so that noise is not blown up. */
  least: number
  /** How far back the chart goes, in seconds. */
  length: number
}

const height = 132

/** Chart shows a few figures over time. Its caption has the last values, or those under the pointer. */
export function Chart({ title, at, lines, write, least, length }: ChartProps) {
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | undefined>(undefined)
  const pointed = useSignal<number | null>(null)
  useEffect(() => {
    const element = place.current!
    const made = new uPlot(options(element, { lines, least, length, write }, (index) => (pointed.value = index)), rows(at, lines), element)
    plot.current = made
    const resized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }))
    resized.observe(element)
    return () => {
      resized.disconnect()
      made.destroy()
    }
  }, [dark.value, language.value])
  useEffect(() => plot.current?.setData(rows(at, lines)), [at, lines])
  const shown = pointed.value !== null && pointed.value < at.length ? pointed.value : at.length - 1
  const when = at[shown]
  return (
    <figure class="chart card">
      <figcaption>
        <h2>{title}</h2>
        <ul class="small numbers">
          {lines.map(({ label, values, colour }) => {
            const value = values[shown]
            return (
              <li key={label}>
                <span class="swatch" style={{ background: `var(${colour})` }} aria-hidden="true" />
                {label} <strong>{value === null || value === undefined ? '–' : write(value)}</strong>
              </li>
            )
          })}
          {when !== undefined && pointed.value !== null && <li class="muted">{clockTime(when * 1000)}</li>}
        </ul>
      </figcaption>
      <div ref={place} class="plot" aria-hidden="true" />
    </figure>
  )
}

function rows(at: number[], lines: readonly Line[]): uPlot.AlignedData {
  return [at, ...lines.map(({ values }) => values)]
}

function options(element: HTMLElement, { lines, least, length, write }: Pick<ChartProps, 'lines' | 'least' | 'length' | 'write'>, point: (index: number | null) => void): uPlot.Options {
  const [text, grid] = [colourOf(element, '--muted'), colourOf(element, '--line')]
  const font = '12px system-ui, sans-serif'
  return {
    width: element.clientWidth || 300,
    height,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false } },
    scales: { x: { range: (_, first, last) => shown(first, last, length) }, y: { range: (_, _min, max) => [0, Math.max(max ?? 0, least) * 1.1] } },
    axes: [
      { stroke: text, font, grid: { stroke: grid, width: 1 }, ticks: { show: false }, size: 24, space: 80, values: (_, at) => at.map(hourOf) },
      { stroke: text, font, grid: { stroke: grid, width: 1 }, ticks: { show: false }, size: 66, space: 34, values: (_, values) => values.map((value) => write(value).replace('.0 ', ' ')) },
    ],
    series: [{}, ...lines.map(({ colour }, i) => ({ stroke: colourOf(element, colour), width: 1.5, ...(i > 0 && { dash: [4, 3] }), points: { show: false } }))],
    hooks: { setCursor: [({ cursor }) => point(cursor.idx ?? null)] },
  }
}

function hourOf(at: number): string {
  return new Date(at * 1000).toLocaleTimeString(language.value, { hour: '2-digit', minute: '2-digit' })
}

/** colourOf resolves a colour of the page for a canvas, which knows no variables. */
function colourOf(element: HTMLElement, name: string): string {
  element.style.color = `var(${name})`
  const { color } = getComputedStyle(element)
  element.style.color = ''
  return color
}

/** shown is the time of a chart: what there is of the span, and five minutes at least, so that a young server has one to look at. */
function shown(first: number, last: number, length: number): [number, number] {
  const end = last || Date.now() / 1000
  return [Math.min(end - 300, Math.max(first || 0, end - length)), end]
}
