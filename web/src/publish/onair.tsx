import { common } from '../text/frame'
import { say } from '../text/publish'
import { clock, codecName, rate } from '../ui/format'
import { CopyButton } from '../ui/frame'
import { Eye } from '../ui/icons'
import { Notice } from '../ui/notice'
import { written } from '../ui/report'
import { figures, history, limit, now, stats } from './figures'
import { Microphone } from './icons'
import { layerName } from './layername'
import * as studio from './studio'

const titles = { idle: 'idle', connecting: 'connecting', live: 'live', reconnecting: 'reconnecting', ended: 'ended', denied: 'idle', failed: 'idle' } as const

/** OnAir is the state, the button that changes it, and what goes with being live. */
export function OnAir() {
  const live = studio.state.value === 'live'
  const on = studio.busy.value
  return (
    <section class="card on-air" aria-label={say(titles[studio.state.value])}>
      <div class="row">
        <span class="badge" role="status">
          <span class={live ? 'dot live' : 'dot'} />
          {say(titles[studio.state.value])}
        </span>
        {live && <span class="numbers">{clock(now.value - studio.since.value)}</span>}
        {on && studio.viewers.value !== undefined && (
          <span class="badge numbers" title={say('viewers', { n: studio.viewers.value })}>
            <Eye />
            <span aria-hidden="true">{studio.viewers.value}</span>
            <span class="spoken">{say('viewers', { n: studio.viewers.value })}</span>
          </span>
        )}
        <span class="space" />
        {studio.taken.value && <Mute />}
        {on ? (
          // Two elements: one that turned from End into a submit button while it was pressed would go live again.
          <button key="end" class="button" type="button" onClick={studio.end}>
            {say('end')}
          </button>
        ) : (
          <button key="start" class="button primary" type="submit" form="settings" disabled={studio.opening.value}>
            {say('start')}
          </button>
        )}
      </div>
      {live && <Numbers />}
      {on && (
        <div class="row">
          <CopyButton text={() => watchLink()} label={say('copy_watch')} kind="button small" />
          <a class="button small" href={watchLink()} target="_blank" rel="noopener">
            {say('open_watch')}
          </a>
          <span class="space" />
          <CopyButton text={() => written({ pc: () => studio.current()?.pc, stats })} label={common('details')} kind="quiet" />
        </div>
      )}
    </section>
  )
}

const watchLink = () => `${location.origin}/watch/${studio.name.value}`

function Mute() {
  const off = studio.muted.value
  if (!studio.taken.value?.stream.getAudioTracks().length) return null
  return (
    <button class="button icon" type="button" aria-label={say('mute')} aria-pressed={off} title={say(off ? 'unmute' : 'mute')} onClick={studio.toggleMute}>
      <Microphone off={off} />
    </button>
  )
}

function Numbers() {
  const sent = figures.value
  if (!sent) return null
  const flowing = sent.rates.find(({ bps }) => bps > 0) // what is paused still tells its size
  const parts = [
    rate(sent.bps),
    flowing && flowing.height > 0 && `${flowing.width} × ${flowing.height}`,
    say('fps', { fps: Math.round(flowing?.fps ?? 0) }),
    codecName(sent.codec),
    sent.rtt > 0 && say('round_trip', { ms: Math.round(sent.rtt) }),
    say('lost', { percent: (sent.lost * 100).toFixed(1) }),
  ]
  return (
    <>
      <div class="row">
        <span class="stats small muted numbers">{parts.filter(Boolean).join(' · ')}</span>
        <Sparkline />
      </div>
      {sent.rates.length > 1 && <Layers />}
      {limit.value && <Advice />}
    </>
  )
}

const [wide, high] = [120, 28]

function Sparkline() {
  const all = history.value
  const most = Math.max(1, ...all)
  const at = (bps: number, i: number) => `${wide - (all.length - 1 - i) * (wide / 59)},${high - 1 - (bps / most) * (high - 3)}`
  return (
    <svg class="sparkline" viewBox={`0 0 ${wide} ${high}`} role="img" aria-label={say('history')}>
      <polyline points={all.map(at).join(' ')} />
    </svg>
  )
}

function Layers() {
  const rates = figures.value?.rates ?? []
  const most = Math.max(1, ...rates.map(({ bps }) => bps))
  return (
    <ul class="layers small" aria-label={say('layers')}>
      {rates.map(({ fps, bps, active, ...layer }) => (
        <li key={layer.rid}>
          <span class="numbers">{layerName(layer)}</span>
          <progress max={1} value={bps / most} aria-label={layerName(layer)} />
          <span class="numbers muted">{active && bps > 0 ? `${rate(bps)} · ${say('fps', { fps: Math.round(fps) })}` : say(studio.current()?.resting.has(layer.rid) ? 'layer_rests' : 'layer_off')}</span>
        </li>
      ))}
    </ul>
  )
}

/** Advice says what holds the picture back, and offers what helps. */
function Advice() {
  const what = limit.value!
  return (
    <div class="advice" role="status">
      <p>{say(studio.canLower.value ? `limit.${what}` : `limit.${what}.least`)}</p>
      {studio.canLower.value && (
        <button class="button small" type="button" onClick={studio.lowerQuality}>
          {say('lower')}
        </button>
      )}
    </div>
  )
}

/** Failure tells what went wrong and offers the one thing to do. */
export function Failure() {
  const failure = studio.failure.value
  if (!failure) return null
  const { what, why, button, remedy } = failure
  return <Notice what={what} why={why} button={button} onPress={() => studio.remedy(remedy)} />
}
