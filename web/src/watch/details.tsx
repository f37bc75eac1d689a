import { useRef } from 'preact/hooks'
import { common } from '../text/frame'
import { language } from '../text/language'
import { say } from '../text/watch'
import { codecName, rate } from '../ui/format'
import { CopyButton } from '../ui/frame'
import type * as model from './player'

/** Details are the numbers behind the picture, for people who want to know or to report. It comes when it is wanted. */
export default function Details({ player }: { player: typeof model }) {
  const now = player.reading.value
  const bps = useRate(now?.bytes)
  const none = '–'
  const rows: [string, string][] = [
    [say('picture'), now?.height ? `${now.width} × ${now.height}` : none],
    [say('format'), codecName(now?.codec ?? '') || none],
    [say('rate'), rate(bps)],
    [say('frames'), `${now?.framesDecoded ?? 0} · ${say('fps', { fps: Math.round(now?.fps ?? 0) })}`],
    [say('behind'), player.behind.value === undefined ? none : `≈ ${Math.round(player.behind.value)} ms`],
    [say('round_trip'), now?.rtt ? `${Math.round(now.rtt)} ms` : none],
    [say('lost'), String(now?.lost ?? 0)],
    [say('freezes'), `${now?.freezeCount ?? 0} · ${(now?.totalFreezesDuration ?? 0).toFixed(1)} s`],
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
      <CopyButton text={() => diagnostics(player.stats)} label={common('details')} />
    </section>
  )
}

async function diagnostics(stats: typeof model.stats): Promise<string> {
  const { protocol, host, pathname } = location
  return JSON.stringify({ page: `${protocol}//${host}${pathname}`, at: new Date().toISOString(), browser: navigator.userAgent, language: language.value, ...(await stats()) }, null, 1)
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
