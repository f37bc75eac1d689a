import { signal, useSignal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import type { Problem } from '../lib/problem'
import { say, type Key } from '../text/admin'
import { rate } from '../ui/format'
import { info } from '../ui/server'
import { get } from './api'
import { Chart, type Line } from './chart'
import { Api, question } from './dialog'
import { column, lengths, lossIn, lossOut, merge, sums, total, type Span, type Table } from './history'
import type { Live } from './sessions'
import { Shown } from './state'
import type { Polled } from './poll'
import { megabytes } from './words'

/** How often new figures are asked for, by span. */
const every: Record<Span, number> = { '1h': 5000, '24h': 60_000 }

const span = signal<Span>('1h')

/** useHistory has the figures of a span, and asks for those that come. */
function useHistory(of: Span): Polled<Table> {
  const polled = useMemo(() => {
    const data = signal<Table | undefined>(undefined)
    const problem = signal<Problem | undefined>(undefined)
    const again = async () => {
      const since = data.value?.at.at(-1) ?? 0
      try {
        data.value = merge(data.value, await get<Table>(`history?span=${of}&since=${since}`), lengths[of])
        problem.value = undefined
      } catch (error) {
        problem.value = error as Problem
      }
    }
    return { data, problem, again }
  }, [of])
  useEffect(() => {
    void polled.again()
    const timer = setInterval(() => !document.hidden && void polled.again(), every[of])
    return () => clearInterval(timer)
  }, [polled])
  return polled
}

export function Overview() {
  const history = useHistory(span.value)
  return (
    <>
      <div class="bar">
        <h1>{say('overview')}</h1>
        <div class="choice" role="group" aria-label={say('span')}>
          {(['1h', '24h'] as const).map((one) => (
            <button key={one} class="button small" type="button" aria-pressed={span.value === one} onClick={() => (span.value = one)}>
              {say(`span.${one}`)}
            </button>
          ))}
        </div>
      </div>
      <Shown of={history}>{(table) => (table.at.length > 0 ? <Figures table={table} /> : <p class="muted">{say('soon')}</p>)}</Shown>
      <Server />
      <Api calls={[{ method: 'GET', path: `history?span=${span.value}` }]} />
    </>
  )
}

function Figures({ table }: { table: Table }) {
  const last = (name: string) => column(table, name).at(-1) ?? 0
  const tiles: [string, string][] = [
    [say('streams'), String(last('streams'))],
    [say('viewers'), String(last('viewers'))],
    [say('rooms.live'), String(last('rooms'))],
    [say('people'), String(last('people'))],
    [say('in'), rate(last('in_bps'))],
    [say('out'), rate(last('out_bps'))],
    [say('memory'), megabytes(last('memory_bytes'))],
    [say('goroutines'), String(Math.round(last('goroutines')))],
  ]
  return (
    <>
      <dl class="tiles">
        {tiles.map(([label, value]) => (
          <div key={label} class="card">
            <dt class="small muted">{label}</dt>
            <dd class="numbers">{value}</dd>
          </div>
        ))}
      </dl>
      <Charts table={table} />
      <div class="pair">
        <Causes title={say('failed.title')} none={say('failed.none')} table={table} prefix="failed." name={(code) => say(`failed.${code}` as Key)} />
        <Causes title={say('limits.title')} none={say('limits.none')} table={table} prefix="limit." name={(setting) => setting} />
      </div>
    </>
  )
}

function Charts({ table }: { table: Table }) {
  const line = (label: string, values: Line['values'], colour = '--accent'): Line => ({ label, values, colour })
  const charts = useMemo(
    () => [
      { title: say('chart.media'), least: 1e5, write: rate, lines: [line(say('in'), column(table, 'in_bps')), line(say('out'), column(table, 'out_bps'), '--live')] },
      { title: say('chart.audience'), least: 5, write: whole, lines: [line(say('viewers'), column(table, 'viewers')), line(say('people'), column(table, 'people'), '--live'), line(say('streams'), column(table, 'streams'), '--warn')] },
      { title: say('chart.loss'), least: 1, write: percent, lines: [line(say('loss.in'), lossIn(table)), line(say('loss.out'), lossOut(table), '--live')] },
      { title: say('chart.cpu'), least: 10, write: percent, lines: [line(say('cpu'), column(table, 'cpu_percent'))] },
      { title: say('memory'), least: 64 * 2 ** 20, write: megabytes, lines: [line(say('memory'), column(table, 'memory_bytes'))] },
      { title: say('chart.failed'), least: 5, write: whole, lines: [line(say('failures'), total(table, 'failed.'), '--live'), line(say('limits'), total(table, 'limit.'), '--warn')] },
    ],
    [table, say('in')],
  )
  return (
    <div class="charts">
      {charts.map((chart) => (
        <Chart key={chart.title + span.value} at={table.at} length={lengths[span.value]} {...chart} />
      ))}
    </div>
  )
}

const whole = (value: number) => String(Math.round(value))
const percent = (value: number) => `${value < 10 ? Math.round(value * 10) / 10 : Math.round(value)} %`

/** Causes lists what has happened how often in the span. */
function Causes({ title, none, table, prefix, name }: { title: string; none: string; table: Table; prefix: string; name: (code: string) => string }) {
  const list = sums(table, prefix)
  return (
    <section class="card part">
      <h2>{title}</h2>
      {list.length === 0 ? (
        <p class="muted">{none}</p>
      ) : (
        <dl class="causes numbers">
          {list.map(([code, n]) => (
            <div key={code}>
              <dt>{name(code)}</dt>
              <dd>{n}</dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  )
}

/** Server says which one this is, and ends it. */
function Server() {
  const drained = useSignal(false)
  const drain = async () => {
    const sessions = await get<{ sessions: Live[] }>('sessions').then(
      (answer) => answer.sessions.length,
      () => 0,
    )
    question.value = {
      title: say('drain'),
      text: say('drain.ask', { n: sessions }),
      button: say('drain.do'),
      call: { method: 'POST', path: 'drain' },
      done: () => (drained.value = true),
    }
  }
  return (
    <section class="card server">
      <div>
        <h2>{say('server')}</h2>
        <p class="small muted">{drained.value ? say('drain.done') : say('server.what', { version: info.value.version || '–', host: location.host })}</p>
      </div>
      <button class="button" type="button" disabled={drained.value} onClick={() => void drain()}>
        {say('drain.button')}
      </button>
    </section>
  )
}
