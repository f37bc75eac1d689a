import { signal } from '@preact/signals'
import { largest } from '../guide/facts'
import { pathOf } from '../lib/names'
import type { Stream } from '../lib/streams'
import { say } from '../text/admin'
import { clock, codecName, rate } from '../ui/format'
import { Api } from './dialog'
import { Drawer } from './drawer'
import { usePoll } from './poll'
import type { Live } from './sessions'
import { Cell, Empty, Rows, Shown } from './state'

/** How often streams and sessions are looked at, in milliseconds. */
const every = 3000

/** The stream, app/name, whose drawer is open. */
const opened = signal<string | undefined>(undefined)

export function Streams() {
  const streams = usePoll<{ streams: Stream[] | null }>('streams', every)
  const sessions = usePoll<{ sessions: Live[] }>('sessions', every)
  const all = streams.data.value?.streams ?? []
  const open = all.find((stream) => canonical(stream) === opened.value)
  return (
    <>
      <h1>{say('streams')}</h1>
      <Shown of={streams}>
        {() =>
          all.length === 0 ? (
            <Empty what={say('streams.none')} why={say('streams.none.why')}>
              <a class="button" href="/publish?source=clock">
                {say('streams.test')}
              </a>
            </Empty>
          ) : (
            <Table all={all} />
          )
        }
      </Shown>
      <Api calls={[{ method: 'GET', path: 'streams' }, { method: 'GET', path: 'sessions' }]} />
      {opened.value && (
        <Drawer name={opened.value} stream={open} sessions={sessions} again={() => void Promise.all([streams.again(), sessions.again()])} close={() => (opened.value = undefined)} />
      )}
    </>
  )
}

/** canonical is app/name. */
function canonical({ app, name }: Stream): string {
  return name.includes('/') ? name : `${app}/${name}`
}

function Table({ all }: { all: Stream[] }) {
  const head = [say('stream'), say('state'), say('source'), say('picture'), say('sound'), say('bitrate'), say('viewers'), say('warnings')]
  return (
    <Rows label={say('streams')} head={head}>
      {all.map((stream) => {
        const video = largest(stream.tracks)
        const audio = stream.tracks.find(({ kind }) => kind === 'audio')
        const bps = stream.tracks.reduce((sum, track) => sum + (track.bps ?? 0), 0)
        const problems = stream.publisher?.problems ?? []
        const fps = stream.publisher?.video?.fps
        return (
          <tr key={canonical(stream)}>
            <Cell label={head[0]!}>
              <button class="link" type="button" onClick={() => (opened.value = canonical(stream))}>
                {pathOf(stream)}
              </button>
            </Cell>
            <Cell label={head[1]!} numbers>
              <span class={stream.state === 'live' ? 'dot live' : 'dot'} /> {stream.state === 'live' ? say('live') : say('waiting')}
              {stream.state === 'live' && stream.since && ` ${clock(Date.now() - Date.parse(stream.since))}`}
            </Cell>
            <Cell label={head[2]!}>{[stream.publisher?.protocol.toUpperCase(), stream.publisher?.encoder].filter(Boolean).join(' · ') || '–'}</Cell>
            <Cell label={head[3]!} numbers>
              {video ? [codecName(video.codec), video.height ? `${video.width} × ${video.height}` : '', fps ? `${fps}/s` : ''].filter(Boolean).join(' · ') : '–'}
            </Cell>
            <Cell label={head[4]!}>{audio ? codecName(audio.codec) : '–'}</Cell>
            <Cell label={head[5]!} numbers>
              {rate(bps)}
            </Cell>
            <Cell label={head[6]!} numbers>
              {stream.viewers}
            </Cell>
            <Cell label={head[7]!}>
              <span class={problems.length > 0 ? 'dot warn' : 'dot good'} /> {problems.length > 0 ? problems.map(({ text }) => text).join(' ') : say('warnings.none')}
            </Cell>
          </tr>
        )
      })}
    </Rows>
  )
}
