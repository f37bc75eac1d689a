import { signal, useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { say } from '../text/admin'
import { get, resume } from './api'
import { Api } from './dialog'
import { clockTime } from './words'

interface Line {
  id: number
  at: string
  level: string
  message: string
  attrs?: { key: string; value: string }[]
}

const levels = ['debug', 'info', 'warn', 'error'] as const
/** How many lines are shown, the newest. */
const most = 500

const level = signal<(typeof levels)[number]>('info')
const wanted = signal('')

/** Logs is the newest lines of the log, and those that come. */
export function Logs() {
  const lines = useSignal<Line[]>([])
  const paused = useSignal(false)
  const up = useSignal(true)
  const missed = useSignal(0)
  useEffect(() => {
    if (paused.value) return
    let waiting: Line[] = []
    let frame = 0
    const show = () => {
      frame = 0
      const again = waiting[0]!.id <= (lines.value.at(-1)?.id ?? 0) // the server was started anew, and counts from 1
      lines.value = [...(again ? [] : lines.value), ...waiting].slice(-most)
      waiting = []
    }
    const source = new EventSource(`/api/v1/logs/tail?level=${level.value}&after=${lines.value.at(-1)?.id ?? 0}`)
    source.addEventListener('line', ({ data }: MessageEvent<string>) => {
      waiting.push(JSON.parse(data) as Line)
      frame ||= requestAnimationFrame(show)
    })
    source.addEventListener('missed', ({ data }: MessageEvent<string>) => (missed.value += (JSON.parse(data) as { lines: number }).lines))
    source.addEventListener('open', () => (up.value = true))
    source.addEventListener('error', () => {
      up.value = false
      if (source.readyState === EventSource.CLOSED) void resume().catch(() => undefined) // refused: perhaps nobody is logged in any more
    })
    return () => {
      source.close()
      cancelAnimationFrame(frame)
    }
  }, [level.value, paused.value])
  const list = useRef<HTMLDivElement>(null)
  const atEnd = useRef(true)
  useEffect(() => {
    const element = list.current
    if (element && atEnd.current) element.scrollTop = element.scrollHeight
  }, [lines.value, wanted.value])
  const words = wanted.value.toLowerCase()
  const shown = lines.value.filter((line) => !words || textOf(line).toLowerCase().includes(words))
  return (
    <>
      <div class="bar">
        <h1>{say('logs')}</h1>
        <div class="actions">
          <select class="small-select" aria-label={say('level')} value={level.value} onChange={(event) => change(event.currentTarget.value, () => (lines.value = []))}>
            {levels.map((one) => (
              <option key={one} value={one}>
                {say(`level.${one}.up`)}
              </option>
            ))}
          </select>
          <input class="small-input" type="search" aria-label={say('logs.filter')} placeholder={say('logs.filter')} value={wanted.value} onInput={(event) => (wanted.value = event.currentTarget.value)} />
          <button class="button small" type="button" aria-pressed={paused.value} onClick={() => (paused.value = !paused.value)}>
            {say(paused.value ? 'logs.go_on' : 'logs.pause')}
          </button>
          <button class="button small" type="button" onClick={() => void download()}>
            {say('logs.download')}
          </button>
        </div>
      </div>
      <p class="small muted" role="status">
        {!up.value ? say('logs.away') : missed.value > 0 ? say('logs.missed', { n: missed.value }) : paused.value ? say('logs.paused') : say('logs.live')}
      </p>
      <div ref={list} class="log card" role="log" aria-live="off" aria-label={say('logs')} tabIndex={0} onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => (atEnd.current = scrollHeight - scrollTop - clientHeight < 40)}>
        {shown.length === 0 && <p class="muted">{say('logs.none')}</p>}
        {shown.map((line) => (
          <p key={line.id} class={line.level.toLowerCase()}>
            <time dateTime={line.at}>{clockTime(line.at)}</time> <b>{line.level}</b> {line.message}
            {line.attrs?.map(({ key, value }) => (
              <span key={key}>
                {' '}
                <i>{key}=</i>
                {value}
              </span>
            ))}
          </p>
        ))}
      </div>
      <Api calls={[{ method: 'GET', path: `logs?level=${level.value}` }, { method: 'GET', path: `logs/tail?level=${level.value}` }]} />
    </>
  )
}

function change(to: string, clear: () => void): void {
  level.value = levels.find((one) => one === to) ?? 'info'
  clear()
}

function textOf({ level, message, attrs }: Line): string {
  return [level, message, ...(attrs ?? []).map(({ key, value }) => `${key}=${value}`)].join(' ')
}

/** download gives all lines that the server keeps, one JSON object each. */
async function download(): Promise<void> {
  const { lines } = await get<{ lines: Line[] }>(`logs?level=${level.value}`)
  const url = URL.createObjectURL(new Blob([lines.map((line) => JSON.stringify(line) + '\n').join('')], { type: 'application/x-ndjson' }))
  Object.assign(document.createElement('a'), { href: url, download: `lectern-log-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.ndjson` }).click()
  setTimeout(() => URL.revokeObjectURL(url), 1000)
}
