import { useRef } from 'preact/hooks'
import { common } from '../text/frame'
import { say as more } from '../text/more'
import { say } from '../text/watch'
import { dialog } from '../ui/dialogs'
import { codecName, rate } from '../ui/format'
import { CopyButton } from '../ui/frame'
import { written } from '../ui/report'
import * as player from './player'

/** Details are the numbers behind the picture, for people who want to know or to report. */
export function Details() {
  const now = player.reading.value
  const bps = useRate(now?.bytes)
  const none = '–'
  const rows: [string, string][] = [
    [more('picture'), now?.height ? `${now.width} × ${now.height}` : none],
    [more('format'), codecName(now?.codec ?? '') || none],
    [more('rate'), rate(bps)],
    [more('frames'), `${now?.framesDecoded ?? 0} · ${say('fps', { fps: Math.round(now?.fps ?? 0) })}`],
    [more('behind'), player.behind.value === undefined ? none : `≈ ${Math.round(player.behind.value)} ms`],
    [more('round_trip'), now?.rtt ? `${Math.round(now.rtt)} ms` : none],
    [more('lost'), String(now?.lost ?? 0)],
    [more('freezes'), `${now?.freezeCount ?? 0} · ${(now?.totalFreezesDuration ?? 0).toFixed(1)} s`],
  ]
  return (
    <section class="details card" aria-label={say('statistics')}>
      <dl>
        {rows.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd class="numbers">{value}</dd>
          </div>
        ))}
      </dl>
      <p class="small muted">{more('behind.why')}</p>
      <div class="row">
        <CopyButton text={() => written({ pc: player.connection, stats: player.stats })} label={common('details')} kind="button small" />
        <button class="button small" type="button" onClick={() => (dialog.value = 'diagnostics')}>
          {more('diagnostics')}
        </button>
        <button class="button small" type="button" onClick={() => (dialog.value = 'help')}>
          {more('help')}
        </button>
      </div>
    </section>
  )
}

/** useRate turns a growing count of bytes, read once a second, into bits per second. */
function useRate(bytes = 0): number {
  const before = useRef<{ bytes: number; at: number; bps: number }>(undefined)
  const at = performance.now()
  if (!before.current || bytes !== before.current.bytes) {
    const bps = before.current && bytes >= before.current.bytes ? ((bytes - before.current.bytes) * 8000) / (at - before.current.at) : 0
    before.current = { bytes, at, bps }
  }
  return before.current.bps
}
