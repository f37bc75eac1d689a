import { en, say, type Key } from '../text/room'
import { Door } from './entrance'
import { LazyReport } from './reportsheet'
import * as session from './session'

/** What can be done about an end: nothing, the same again, or moving the session here. */
const remedies: Record<string, 'again' | 'here' | 'conflict'> = {
  left: 'again',
  moved: 'here',
  conflict: 'conflict',
  room_full: 'again',
  room_locked: 'again',
  not_started: 'again',
  protocol: 'again',
}

const same: Record<string, Key> = { room_ended: 'ended' }

/** End says why this person is no longer in the room, and what leads on. */
export function End() {
  const { code, message } = session.over.value!
  const key: Key = same[code] ?? (code in en ? (code as Key) : 'protocol')
  const why = `${key}.why` as Key
  const remedy = remedies[code]
  if (key === 'ended') return <Over />
  return (
    <Door>
      <div role="status">
        <p>
          <strong>{say(key)}</strong>
        </p>
        {code === 'removed' && message && <p class="notice">{message}</p>}
        {why in en && <p class="muted">{say(why)}</p>}
      </div>
      <div class="actions">
        {remedy === 'again' && (
          <button class="button primary" type="button" onClick={() => session.rejoin()}>
            {say(code === 'left' ? 'join' : 'again')}
          </button>
        )}
        {remedy === 'here' && (
          <button class="button primary" type="button" onClick={() => session.rejoin(true)}>
            {say('moved.here')}
          </button>
        )}
        {remedy === 'conflict' && (
          <button class="button primary" type="button" onClick={() => session.rejoin(true)}>
            {say('conflict.here')}
          </button>
        )}
        <a class="button" href="/">
          {say('home')}
        </a>
      </div>
    </Door>
  )
}

/** Over is the end of a class: with what came of it for who taught it, and with thanks for the others. */
function Over() {
  const { taught, minutes } = session.past.value
  return (
    <Door wide={taught}>
      <div role="status">
        <p>
          <strong>{say('ended')}</strong>
        </p>
        <p class="muted">{taught ? say('ended.taught') : [minutes > 0 && say('ended.lasted', { n: minutes }), say('ended.why')].filter(Boolean).join(' ')}</p>
      </div>
      {taught && <LazyReport />}
      <div class="actions">
        {taught && (
          <button class="button" type="button" onClick={session.knock}>
            {say('ended.again')}
          </button>
        )}
        <a class="button" href="/">
          {say('home')}
        </a>
      </div>
    </Door>
  )
}
