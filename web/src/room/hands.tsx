import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { RaisedHand } from '../lib/room'
import { say, type Key } from '../text/room'
import { clock } from '../ui/format'
import { Icon } from './icons'
import { toast } from './toasts'
import * as session from './session'
import { invite } from './moderation'

/** Hands is who wants to speak, in the order of asking, which is the server's. */
export function Hands() {
  const { queue, invites } = session.state.value!
  const now = useSignal(Date.now())
  useEffect(() => {
    const timer = setInterval(() => (now.value = Date.now()), 1000)
    return () => clearInterval(timer)
  }, [])
  if (queue.length === 0) return <p class="muted none">{say('hands.none')}</p>
  const next = waiting()[0]
  return (
    <div class="hands" tabIndex={0}>
      <div class="actions">
        <button class="button primary" type="button" disabled={!next} onClick={inviteNext}>
          {say('hands.next', { n: waiting().length })}
        </button>
        <button class="button small" type="button" onClick={() => void session.ask('hand.lower', { member: '*' })}>
          {say('hands.lower_all')}
        </button>
      </div>
      <Moods queue={queue} />
      <ol class="queue">
        {queue.map((hand, i) => (
          <li key={hand.member}>
            <span class="numbers muted">{i + 1}</span>
            <span class="who">
              <strong>{hand.name}</strong>
              <span class="small muted numbers">
                {say(`mood.${hand.mood || 'question'}` as Key)} · {clock(now.value - Date.parse(hand.since))}
              </span>
            </span>
            <button class="button small" type="button" disabled={invites.includes(hand.member)} onClick={() => void invite(hand.member, hand.name)}>
              {say(invites.includes(hand.member) ? 'hands.asked' : 'hands.invite')}
            </button>
            <button class="quiet" type="button" aria-label={say('hands.lower_of', { name: hand.name })} title={say('hands.lower')} onClick={() => void session.ask('hand.lower', { member: hand.member })}>
              <Icon name="close" />
            </button>
            {hand.note && <q class="note small">{hand.note}</q>}
          </li>
        ))}
      </ol>
    </div>
  )
}

/** Who has a question and was not invited yet; the other moods want no answer on stage. */
const waiting = () => {
  const { queue, invites } = session.state.value!
  return queue.filter(({ member, mood, lost }) => (mood === 'question' || mood === '') && !lost && !invites.includes(member))
}

/** A hand that goes up is told to staff, who may be looking elsewhere. */
let before = new Set<string>()
session.listen<{ queue?: RaisedHand[] | null }>('hand.update', ({ queue }) => {
  if (!queue) return
  const fresh = queue.filter(({ member }) => !before.has(member)).at(-1)
  before = new Set(queue.map(({ member }) => member))
  if (fresh && session.staff.value) toast(say('hands.up', { name: fresh.name }))
})

/** inviteNext asks the first of the queue on stage. */
export function inviteNext(): void {
  if (!session.staff.value) return
  const next = waiting()[0]
  if (next) void invite(next.member, next.name)
  else toast(say('hands.none'))
}

const moods = ['question', 'done', 'slower', 'lost'] as const

function Moods({ queue }: { queue: readonly RaisedHand[] }) {
  const counts = moods.map((mood) => [mood, queue.filter((hand) => (hand.mood || 'question') === mood).length] as const).filter(([, n]) => n > 0)
  if (counts.length < 2) return null
  return (
    <p class="small muted">
      {counts.map(([mood, n]) => `${say(`mood.${mood}`)} ${n}`).join(' · ')}
    </p>
  )
}
