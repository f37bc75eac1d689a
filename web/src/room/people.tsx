import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Member, PeoplePage } from '../lib/room'
import { say } from '../text/room'
import { Icon } from './icons'
import { muteAll } from './moderation'
import * as session from './session'
import { open } from './sheets'

const page = 50
/** How long to wait for more of what is typed, or for more news, ms. */
const settle = 300

const found = signal<readonly Member[]>([])
const cursor = signal<string | undefined>(undefined)
const looking = signal('')

async function load(more = false): Promise<void> {
  const q = looking.value
  const reply = await session
    .current()!
    .ask<PeoplePage>('people.list', { limit: page, ...(q && { q }), ...(more && { cursor: cursor.value }) })
    .catch(() => undefined) // it is asked again with the next news
  if (!reply || q !== looking.value) return
  found.value = more ? [...found.value, ...(reply.people ?? [])] : (reply.people ?? [])
  cursor.value = reply.cursor
}

let timer: ReturnType<typeof setTimeout> | undefined
const soon = () => {
  clearTimeout(timer)
  timer = setTimeout(() => void load(), settle)
}

/** People is who is there, and for staff who waits outside. */
export function People() {
  const state = session.state.value!
  const visible = session.staff.value || state.room.policy.roster === 'all'
  useEffect(() => {
    if (!visible) return
    void load()
    const stops = [session.listen('people.event', soon), session.listen('room.count', soon), session.listen('seat.set', soon)]
    return () => stops.forEach((stop) => stop())
  }, [visible])
  return (
    <div class="people" tabIndex={0}>
      {session.staff.value && state.lobby.length > 0 && <Lobby />}
      {!visible ? (
        <p class="muted none">{say('people.hidden')}</p>
      ) : (
        <>
          <div class="actions">
            <input
              type="search"
              aria-label={say('people.find')}
              placeholder={say('people.find')}
              value={looking.value}
              onInput={(event) => {
                looking.value = event.currentTarget.value
                soon()
              }}
            />
            {session.staff.value && (
              <button class="button small" type="button" onClick={muteAll} title={`${say('do.mute_all')} (Shift+M)`}>
                {say('do.mute_all')}
              </button>
            )}
          </div>
          {found.value.length === 0 && <p class="muted none">{say('people.none')}</p>}
          <ul>
            {found.value.map((person) => (
              <Person key={person.member} person={person} />
            ))}
          </ul>
          {cursor.value && (
            <button class="button small" type="button" onClick={() => void load(true)}>
              {say('people.more')}
            </button>
          )}
        </>
      )}
    </div>
  )
}

function Person({ person }: { person: Member }) {
  const { self } = session.state.value!
  const mine = person.member === self.member
  return (
    <li class={person.lost ? 'lost' : ''}>
      <span class="who">
        <strong>
          {person.name}
          {mine && ` (${say('you')})`}
        </strong>
        <span class="small muted">
          {say(person.role)}
          {person.guest && session.staff.value && ` · ${say('people.guest')}`}
          {person.lost && ` · ${say('seat_reconnecting')}`}
          {!person.lost && person.quality && person.quality !== 'good' && ` · ${say('quality.other')}`}
        </span>
      </span>
      {person.seat ? (
        <span class="mark" title={say('stage')}>
          <Icon name="camera" />
          <span class="spoken">{say('stage')}</span>
        </span>
      ) : null}
      {person.hand && (
        <span class="mark" title={say('hand_up')}>
          <Icon name="hand" />
          <span class="spoken">{say('hand_up')}</span>
        </span>
      )}
      {session.staff.value && !mine && (
        <button class="quiet" type="button" aria-haspopup="dialog" aria-label={say('people.do', { name: person.name })} title={say('people.do', { name: person.name })} onClick={() => (open.value = { what: 'person', who: person })}>
          <Icon name="more" />
        </button>
      )}
    </li>
  )
}

/** Lobby is who waits to be let in. */
function Lobby() {
  const { lobby, lobbyText } = session.state.value!
  return (
    <section class="lobby" aria-label={say('lobby')}>
      <div class="actions">
        <strong>{say('lobby.n', { n: lobby.length })}</strong>
        <button class="button small" type="button" onClick={() => void session.ask('lobby.admit', { members: ['*'] })}>
          {say('lobby.admit_all')}
        </button>
      </div>
      <input
        key={lobbyText}
        defaultValue={lobbyText}
        maxLength={500}
        aria-label={say('lobby.text')}
        placeholder={say('lobby.text')}
        onChange={(event) => void session.ask('lobby.say', { text: event.currentTarget.value })}
      />
      <ul>
        {lobby.map(({ member, name }) => (
          <li key={member}>
            <span class="who">
              <strong>{name}</strong>
            </span>
            <button class="button small primary" type="button" onClick={() => void session.ask('lobby.admit', { members: [member] })}>
              {say('lobby.admit')}
            </button>
            <button class="button small" type="button" onClick={() => void session.ask('lobby.deny', { member })}>
              {say('lobby.deny')}
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}
