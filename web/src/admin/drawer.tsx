import { short } from '../lib/names'
import type { Stream } from '../lib/streams'
import { say } from '../text/admin'
import { codecName, rate } from '../ui/format'
import { CopyButton } from '../ui/frame'
import type { Call } from './call'
import { Api, Dialog, question } from './dialog'
import type { Polled } from './poll'
import { browserOf, type Live } from './sessions'
import { Cell, Rows, Shown } from './state'
import { act } from './toast'
import { since } from './words'

interface DrawerProps {
  /** app/name */
  name: string
  /** undefined when it is gone. */
  stream: Stream | undefined
  sessions: Polled<{ sessions: Live[] }>
  again: () => void
  close: () => void
}

/** Drawer is everything about one stream: what it consists of, who is there, and what can be done. */
export function Drawer({ name, stream, sessions, again, close }: DrawerProps) {
  const path = short(name)
  const keyFrame: Call = { method: 'POST', path: `streams/${path}/keyframe` }
  const all = sessions.data.value?.sessions.filter((session) => session.stream === name && session.action !== 'join') ?? []
  const viewers = all.filter(({ action }) => action === 'watch')
  const kick = (action: 'publish' | 'watch', n: number) => {
    question.value = {
      title: say(action === 'publish' ? 'kick.publisher' : 'kick.viewers'),
      text: action === 'publish' ? say('kick.publisher.ask', { name: path }) : say('kick.viewers.ask', { n, name: path }),
      button: say('kick.do'),
      call: { method: 'DELETE', path: `sessions?stream=${encodeURIComponent(name)}&action=${action}` },
      done: again,
    }
  }
  return (
    <Dialog title={path} side close={close}>
      {stream ? <Tracks stream={stream} /> : <p class="muted">{say('stream.gone')}</p>}
      <div class="actions">
        <button class="button small" type="button" disabled={stream?.state !== 'live'} onClick={() => void act(keyFrame, say('keyframe.done'))}>
          {say('keyframe')}
        </button>
        <CopyButton text={`${location.origin}/watch/${path}`} label={say('copy.watch')} kind="button small" />
        <CopyButton text={`${location.origin}/publish/${path}`} label={say('copy.publish')} kind="button small" />
        <a class="button small" href={`/watch/${path}`} target="_blank" rel="noopener">
          {say('open')}
        </a>
      </div>
      <Shown of={sessions}>
        {() => (
          <>
            <h3>{say('sessions', { n: all.length })}</h3>
            {all.length === 0 ? <p class="muted">{say('sessions.none')}</p> : <Sessions all={all} again={again} />}
            <div class="actions">
              {all.length > viewers.length && (
                <button class="button small danger" type="button" onClick={() => kick('publish', 1)}>
                  {say('kick.publisher')}
                </button>
              )}
              {viewers.length > 0 && (
                <button class="button small danger" type="button" onClick={() => kick('watch', viewers.length)}>
                  {say('kick.viewers')}
                </button>
              )}
            </div>
          </>
        )}
      </Shown>
      <Api
        calls={[
          { method: 'GET', path: `streams/${path}` },
          keyFrame,
          { method: 'DELETE', path: 'sessions/ID' },
          { method: 'DELETE', path: `sessions?stream=${encodeURIComponent(name)}&action=watch` },
        ]}
      />
    </Dialog>
  )
}

/** Tracks lists what a stream consists of, and what could be better. */
function Tracks({ stream }: { stream: Stream }) {
  const sent = stream.publisher?.video
  const problems = stream.publisher?.problems ?? []
  return (
    <>
      <dl class="facts-list small numbers">
        {stream.tracks.map((track) => (
          <div key={track.kind + (track.rid ?? '')}>
            <dt>{track.rid ? say('layer', { rid: track.rid }) : say(track.kind === 'audio' ? 'sound' : 'picture')}</dt>
            <dd>{[codecName(track.codec), track.height ? `${track.width} × ${track.height}` : '', rate(track.bps ?? 0)].filter(Boolean).join(' · ')}</dd>
          </div>
        ))}
        {sent?.key_frame_interval !== undefined && (
          <div>
            <dt>{say('key_frames')}</dt>
            <dd>{say('key_frames.every', { s: sent.key_frame_interval })}</dd>
          </div>
        )}
      </dl>
      {problems.map(({ code, text, fix }) => (
        <p key={code} class="notice small">
          <strong>{text}</strong>
          {fix && <span>{fix}</span>}
        </p>
      ))}
    </>
  )
}

function Sessions({ all, again }: { all: Live[]; again: () => void }) {
  const head = [say('who'), say('from'), say('by'), say('since'), say('action')]
  return (
    <Rows label={say('sessions', { n: all.length })} head={head}>
      {all.map((session) => (
        <tr key={session.id}>
          <Cell label={head[0]!}>
            {session.action === 'publish' && <span class="tag">{say('publisher')}</span>} {session.sub ?? session.identity}
          </Cell>
          <Cell label={head[1]!} numbers>
            {session.remote ?? '–'}
          </Cell>
          <Cell label={head[2]!}>{[session.protocol.toUpperCase(), browserOf(session.agent)].filter(Boolean).join(' · ')}</Cell>
          <Cell label={head[3]!} numbers>
            {since(session.since)}
          </Cell>
          <Cell label={head[4]!}>
            <button
              class="button small danger"
              type="button"
              aria-label={say('kick.one', { who: session.sub ?? session.identity })}
              onClick={() =>
                (question.value = {
                  title: say('kick'),
                  text: say('kick.ask', { who: session.sub ?? session.identity }),
                  button: say('kick.do'),
                  call: { method: 'DELETE', path: `sessions/${session.id}` },
                  done: again,
                })
              }
            >
              {say('kick')}
            </button>
          </Cell>
        </tr>
      ))}
    </Rows>
  )
}
