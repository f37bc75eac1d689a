import { pathOf } from '../lib/names'
import type { Publisher, Stream } from '../lib/streams'
import { say } from '../text/home'
import { clock, codecName, rate } from '../ui/format'
import { encoderName, largest } from '../guide/facts'
import { Eye } from '../ui/icons'
import { info } from '../ui/server'
import { healthOf, playsHere } from './health'
import { fetchedAt, now } from './list'
import { Thumbnail } from './thumbnail'

/** Card is one stream: how it looks, who sees it, what it consists of, and whether it is well. */
export function Card({ stream }: { stream: Stream }) {
  const path = pathOf(stream)
  const live = stream.state === 'live'
  const since = live && stream.since ? Date.parse(stream.since) : NaN
  const video = largest(stream.tracks)
  const audio = stream.tracks.find((track) => track.kind === 'audio')
  const facts = [video?.height && `${video.width} × ${video.height}`, video && codecName(video.codec), audio && codecName(audio.codec), video?.bps && rate(video.bps)]
  const health = healthOf(stream, playsHere, fetchedAt.value)
  return (
    <li>
      <a class="stream card" href={`/watch/${path}`}>
        <Thumbnail path={path} live={live} />
        <span class="over">
          <span class="badge numbers">
            <span class={live ? 'dot live' : 'dot'} />
            {live ? (Number.isNaN(since) ? say('live') : clock(now.value - since)) : say('waiting')}
          </span>
          <span class="badge numbers" title={say('viewers', { n: stream.viewers })}>
            <Eye />
            <span aria-hidden="true">{stream.viewers}</span>
            <span class="spoken">{say('viewers', { n: stream.viewers })}</span>
          </span>
        </span>
        <span class="about">
          <strong>{path}</strong>
          {info.value.demo !== '' && path === info.value.demo.replace(/^live\//, '') && <span class="tag">{say('demo')}</span>}
          {stream.publisher && <span class="small muted by">{say('by', { protocol: cameBy(stream.publisher) })}</span>}
          <span class="facts small muted numbers">{facts.filter(Boolean).join(' · ')}</span>
          <span class="facts small">
            <span class={health.good ? 'dot good' : 'dot warn'} /> {say(health.reason, health.values)}
          </span>
        </span>
      </a>
    </li>
  )
}

/** cameBy writes how a stream came in, and from what when that says who it is. */
function cameBy({ protocol, encoder }: Publisher): string {
  const name = encoderName(encoder)
  return name ? `${protocol.toUpperCase()} (${name})` : protocol.toUpperCase()
}
