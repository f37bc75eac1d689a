import { useSignal } from '@preact/signals'
import type { Problem } from '../lib/problem'
import { say, type Key } from '../text/admin'
import { CopyButton } from '../ui/frame'
import { ask } from './api'
import { Api, Dialog, question } from './dialog'
import { usePoll } from './poll'
import { Cell, Empty, Rows, Shown } from './state'
import { act, tell } from './toast'
import { failure } from './words'

interface Room {
  name: string
  title: string
  state: string
  locked: boolean
  lobby: boolean
  people: number
  seats: number
  auth: string[]
}

interface Person {
  member: string
  name: string
  role: string
}

/** How often the rooms are looked at, in milliseconds. */
const every = 4000

export function Rooms() {
  const rooms = usePoll<{ rooms: Room[] }>('rooms', every)
  const watched = useSignal<Room | undefined>(undefined)
  const invited = useSignal<{ title: string; link: string } | undefined>(undefined)
  const make = async () => {
    try {
      const made = await ask<{ title: string; links: { teacher: string } }>({ method: 'POST', path: 'rooms' })
      invited.value = { title: made.title, link: here(made.links.teacher) }
      void rooms.again()
    } catch (error) {
      tell(failure(error as Problem))
    }
  }
  const open = async ({ name, title }: Room) => {
    try {
      const { link } = await ask<{ link: string }>({ method: 'POST', path: `rooms/${name}/invites`, body: { role: 'teacher', uses: 1 } })
      invited.value = { title, link: here(link) }
    } catch (error) {
      tell(failure(error as Problem))
    }
  }
  return (
    <>
      <div class="bar">
        <h1>{say('rooms')}</h1>
        <button class="button" type="button" onClick={() => void make()}>
          {say('room.new')}
        </button>
      </div>
      <Shown of={rooms}>
        {({ rooms: all }) =>
          all.length === 0 ? <Empty what={say('rooms.none')} why={say('rooms.none.why')} /> : <Table all={all} again={() => void rooms.again()} open={(room) => void open(room)} people={(room) => (watched.value = room)} />
        }
      </Shown>
      <Api
        calls={[
          { method: 'GET', path: 'rooms' },
          { method: 'GET', path: 'rooms/ID/people' },
          { method: 'POST', path: 'rooms/ID/lock', body: { locked: true } },
          { method: 'POST', path: 'rooms/ID/end' },
          { method: 'POST', path: 'rooms/ID/invites', body: { role: 'teacher', uses: 1 } },
        ]}
      />
      {watched.value && <People room={watched.value} close={() => (watched.value = undefined)} />}
      {invited.value && (
        <Dialog title={invited.value.title} close={() => (invited.value = undefined)}>
          <p>{say('room.link')}</p>
          <pre class="secret" tabIndex={0}>
            {invited.value.link}
          </pre>
          <div class="actions">
            <a class="button primary" href={invited.value.link} target="_blank" rel="noopener" onClick={() => (invited.value = undefined)}>
              {say('room.enter')}
            </a>
            <CopyButton text={invited.value.link} />
          </div>
        </Dialog>
      )}
    </>
  )
}

/** here is a link on the address by which this page came, whatever the server calls itself. */
function here(link: string): string {
  const { pathname, hash } = new URL(link)
  return location.origin + pathname + hash
}

function Table({ all, again, open, people }: { all: Room[]; again: () => void; open: (room: Room) => void; people: (room: Room) => void }) {
  const head = [say('room'), say('state'), say('persons'), say('ways'), say('action')]
  const lock = async ({ name, locked }: Room) => {
    await act({ method: 'POST', path: `rooms/${name}/lock`, body: { locked: !locked } }, say(locked ? 'room.unlocked' : 'room.locked'))
    again()
  }
  const end = ({ name, title, people: n }: Room) => {
    question.value = { title: say('room.end'), text: say('room.end.ask', { title, n }), button: say('room.end.do'), call: { method: 'POST', path: `rooms/${name}/end` }, done: again }
  }
  return (
    <Rows label={say('rooms')} head={head}>
      {all.map((room) => (
        <tr key={room.name}>
          <Cell label={head[0]!}>
            <strong>{room.title}</strong> {room.title !== room.name && <span class="small muted">{room.name}</span>}
          </Cell>
          <Cell label={head[1]!}>
            <span class={room.state === 'live' ? 'dot live' : 'dot'} /> {say(`room.${room.state}` as Key)}
            {room.locked && <span class="tag">{say('locked')}</span>}
          </Cell>
          <Cell label={head[2]!} numbers>
            {room.people > 0 ? (
              <button class="link" type="button" aria-label={say('people.of', { n: room.people, title: room.title })} onClick={() => people(room)}>
                {room.people}
              </button>
            ) : (
              0
            )}
          </Cell>
          <Cell label={head[3]!}>{room.auth.join(', ')}</Cell>
          <Cell label={head[4]!}>
            <div class="actions">
              <button class="button small" type="button" onClick={() => open(room)}>
                {say('open')}
              </button>
              {(room.state !== 'idle' || room.people > 0) && (
                <>
                  <button class="button small" type="button" onClick={() => void lock(room)}>
                    {say(room.locked ? 'unlock' : 'lock')}
                  </button>
                  <button class="button small danger" type="button" onClick={() => end(room)}>
                    {say('room.end')}
                  </button>
                </>
              )}
            </div>
          </Cell>
        </tr>
      ))}
    </Rows>
  )
}

function People({ room, close }: { room: Room; close: () => void }) {
  const people = usePoll<{ people: Person[]; total: number }>(`rooms/${room.name}/people`, every)
  return (
    <Dialog title={room.title} side close={close}>
      <Shown of={people}>
        {({ people: all, total }) => (
          <>
            <p class="muted">{say('people.n', { n: total })}</p>
            <ul class="plain">
              {(all ?? []).map(({ member, name, role }) => (
                <li key={member}>
                  {name} <span class="tag">{role}</span>
                </li>
              ))}
            </ul>
          </>
        )}
      </Shown>
    </Dialog>
  )
}
