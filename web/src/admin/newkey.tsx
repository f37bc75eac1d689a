import { useSignal } from '@preact/signals'
import type { Problem } from '../lib/problem'
import { say, type Key as Word } from '../text/admin'
import { ask } from './api'
import type { Call } from './call'
import { Api, Dialog } from './dialog'
import type { Key } from './keys'
import { failure } from './words'

const rights = ['publish', 'watch', 'admin'] as const
const day = 86_400_000
/** How many days a new key may last; 0 is for ever. */
const lasting = [0, 1, 7, 30, 365] as const

/** NewKey asks what a key is for, and makes it. */
export function NewKey({ made, close }: { made: (key: Key) => void; close: () => void }) {
  const name = useSignal('')
  const streams = useSignal('live/*')
  const can = useSignal<readonly string[]>(['publish'])
  const days = useSignal(0)
  const problem = useSignal<Problem | undefined>(undefined)
  const media = can.value.some((right) => right !== 'admin')
  const call: Call = {
    method: 'POST',
    path: 'keys',
    body: {
      name: name.value,
      can: can.value,
      ...(media && { stream: streams.value.split(/[\s,]+/).filter(Boolean) }),
      ...(days.value > 0 && { expires: new Date(Math.floor(Date.now() / day) * day + (days.value + 1) * day).toISOString() }),
    },
  }
  const submit = async (event: Event) => {
    event.preventDefault()
    try {
      made(await ask<Key>(call))
    } catch (error) {
      problem.value = error as Problem
    }
  }
  const toggle = (right: string) => (can.value = can.value.includes(right) ? can.value.filter((other) => other !== right) : [...can.value, right])
  return (
    <Dialog title={say('key.new')} close={close}>
      <form class="form" onSubmit={(event) => void submit(event)}>
        <div class="field">
          <label for="key-name">{say('name')}</label>
          <input id="key-name" value={name.value} maxLength={64} autocomplete="off" onInput={(event) => (name.value = event.currentTarget.value)} />
        </div>
        <fieldset>
          <legend>{say('can')}</legend>
          {rights.map((right) => (
            <label key={right} class="check">
              <input type="checkbox" checked={can.value.includes(right)} onChange={() => toggle(right)} />
              <span>
                {say(`can.${right}` as Word)}
                {right === 'admin' && <span class="hint"> {say('can.admin.why')}</span>}
              </span>
            </label>
          ))}
        </fieldset>
        {media && (
          <div class="field">
            <label for="key-streams">{say('key.streams')}</label>
            <input id="key-streams" value={streams.value} required aria-describedby="key-streams-hint" autocomplete="off" spellcheck={false} onInput={(event) => (streams.value = event.currentTarget.value)} />
            <span id="key-streams-hint" class="hint">
              {say('key.streams.hint')}
            </span>
          </div>
        )}
        <div class="field">
          <label for="key-days">{say('expires')}</label>
          <select id="key-days" value={days.value} onChange={(event) => (days.value = Number(event.currentTarget.value))}>
            {lasting.map((n) => (
              <option key={n} value={n}>
                {n === 0 ? say('never') : say('in_days', { n })}
              </option>
            ))}
          </select>
        </div>
        {problem.value && (
          <p class="notice" role="alert">
            {failure(problem.value)}
          </p>
        )}
        <div class="actions">
          <button class="button primary" type="submit" disabled={can.value.length === 0}>
            {say('key.make')}
          </button>
          <button class="button" type="button" onClick={close}>
            {say('cancel')}
          </button>
        </div>
        <Api calls={[call]} />
      </form>
    </Dialog>
  )
}
