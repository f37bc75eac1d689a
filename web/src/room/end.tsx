import { en, say, type Key } from '../text/room'
import { Door } from './entrance'
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

const same: Record<string, Key> = { room_ended: 'ended', token_expired: 'unauthorized' }

/** End says why this person is no longer in the room, and what leads on. */
export function End() {
  const { code, message } = session.over.value!
  const key: Key = same[code] ?? (code in en ? (code as Key) : 'protocol')
  const why = `${key}.why` as Key
  const remedy = remedies[code]
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
