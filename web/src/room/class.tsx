import { useSignal } from '@preact/signals'
import type { Policy, Preset } from '../lib/room'
import { say } from '../text/room'
import { CopyButton } from '../ui/frame'
import { Own } from './own'
import * as session from './session'
import { Sheet } from './sheet'
import { close, open } from './sheets'

const presets: Preset[] = ['lecture', 'seminar', 'exam', 'open', 'broadcast']
const pauses = [0, 5, 15, 60]

/** ClassSheet is how the class goes: its kind, what it allows, who comes in, and its end. */
export function ClassSheet() {
  const { policy, locked, state } = session.state.value!.room
  const set = (patch: Partial<Policy>) => void session.ask('room.policy', patch)
  return (
    <Sheet title={say('class')} close={close}>
      <div class="class">
        {state === 'idle' && (
          <button class="button primary" type="button" onClick={() => void session.ask('room.start')}>
            {say('class.start')}
          </button>
        )}
        <Choice id="preset" label={say('class.preset')} value={policy.preset} options={[...presets, ...(policy.preset === 'custom' ? (['custom'] as const) : [])].map((one) => [one, say(`preset.${one}`)])} choose={(preset) => set({ preset: preset as Preset })} />
        <Choice id="chat-policy" label={say('class.chat')} value={policy.chat} options={(['all', 'staff', 'off'] as const).map((one) => [one, say(`class.chat.${one}`)])} choose={(chat) => set({ chat: chat as Policy['chat'] })} />
        <Choice id="slow" label={say('class.slow')} value={String(policy.slow_s)} options={[...new Set([...pauses, policy.slow_s])].map((s) => [String(s), s === 0 ? say('class.slow.none') : say('class.slow.s', { s })])} choose={(s) => set({ slow_s: Number(s) })} />
        <Choice id="unmute" label={say('class.unmute')} value={policy.unmute} options={(['free', 'ask'] as const).map((one) => [one, say(`class.unmute.${one}`)])} choose={(unmute) => set({ unmute: unmute as Policy['unmute'] })} />
        <Choice id="roster" label={say('class.roster')} value={policy.roster} options={(['all', 'staff'] as const).map((one) => [one, say(`class.roster.${one}`)])} choose={(roster) => set({ roster: roster as Policy['roster'] })} />
        <Choice id="board-policy" label={say('class.board')} value={policy.board} options={(['staff', 'stage', 'all'] as const).map((one) => [one, say(`class.board.${one}`)])} choose={(board) => set({ board: board as Policy['board'] })} />
        <Switch label={say('class.danmaku')} on={policy.danmaku} set={(danmaku) => set({ danmaku })} />
        <Switch label={say('class.lobby')} on={policy.lobby} set={(lobby) => set({ lobby })} />
        <Switch label={say('class.lock')} on={locked} set={(locked) => void session.ask('room.lock', { locked })} />
        {session.may('teach') && <Ending />}
      </div>
      <Bring />
      {session.may('teach') && <Links />}
      <h3>{say('settings')}</h3>
      <Own />
    </Sheet>
  )
}

interface ChoiceProps {
  id: string
  label: string
  value: string
  options: readonly (readonly [string, string])[]
  choose: (value: string) => void
}

function Choice({ id, label, value, options, choose }: ChoiceProps) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => choose(event.currentTarget.value)}>
        {options.map(([one, words]) => (
          <option key={one} value={one}>
            {words}
          </option>
        ))}
      </select>
    </div>
  )
}

function Switch({ label, on, set }: { label: string; on: boolean; set: (on: boolean) => void }) {
  return (
    <label class="tick">
      <input type="checkbox" checked={on} onChange={(event) => set(event.currentTarget.checked)} />
      {label}
    </label>
  )
}

/** Bring puts a live stream of this server on a seat: a camera that OBS sends, a second room. */
function Bring() {
  const { seats } = session.state.value!
  const name = useSignal('')
  const seat = useSignal(0)
  const submit = async (event: SubmitEvent) => {
    event.preventDefault()
    if (await session.ask('stage.bring', { stream: name.value.includes('/') ? name.value : `live/${name.value}`, seat: seat.value })) close()
  }
  return (
    <form class="bring" onSubmit={(event) => void submit(event)}>
      <div class="field">
        <label for="bring">{say('class.bring')}</label>
        <input id="bring" required pattern="[A-Za-z0-9_\-]{1,64}(/[A-Za-z0-9_\-]{1,64}){0,3}" placeholder={say('class.bring.name')} value={name.value} onInput={(event) => (name.value = event.currentTarget.value)} />
      </div>
      <div class="field">
        <label for="bring-seat">{say('class.bring.seat')}</label>
        <select id="bring-seat" value={seat.value} onChange={(event) => (seat.value = Number(event.currentTarget.value))}>
          {seats
            .filter((one) => one.state === 'free')
            .map((one) => (
              <option key={one.seat} value={one.seat}>
                {one.seat === 0 ? say('class.bring.content') : one.seat}
              </option>
            ))}
        </select>
      </div>
      <button class="button" type="submit">
        {say('class.bring.do')}
      </button>
    </form>
  )
}

/** Links lets others in, and takes the list of who was there home. */
function Links() {
  const link = useSignal('')
  const make = async (role: 'student' | 'teacher') => {
    const made = await session.fetchJSON<{ link: string }>('invites', { role })
    if (made) link.value = made.link
  }
  return (
    <>
      <div class="actions">
        <button class="button" type="button" onClick={() => void make('student')}>
          {say('class.link.student')}
        </button>
        <button class="button" type="button" onClick={() => void make('teacher')}>
          {say('class.link.teacher')}
        </button>
        <button class="button" type="button" onClick={() => (open.value = { what: 'report' })}>
          {say('report')}
        </button>
      </div>
      {link.value && (
        <div class="link">
          <input readOnly value={link.value} aria-label={say('class.links')} onFocus={(event) => event.currentTarget.select()} />
          <CopyButton text={link.value} />
        </div>
      )}
    </>
  )
}

/** Ending asks once more, with the number of people it concerns. */
function Ending() {
  const sure = useSignal(false)
  const { people } = session.state.value!.count
  const press = () => {
    if (sure.value) void session.ask('room.end')
    sure.value = true
  }
  return (
    <button class="button danger" type="button" onClick={press}>
      {sure.value ? say('class.end.sure', { n: people }) : say('class.end')}
    </button>
  )
}
