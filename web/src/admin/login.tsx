import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { Problem } from '../lib/problem'
import { say } from '../text/admin'
import { ended, enter } from './api'
import { failure } from './words'

/** Login asks for the owner's key. */
export function Login({ refused }: { refused: Problem | undefined }) {
  const key = useSignal('')
  const busy = useSignal(false)
  const problem = useSignal(refused)
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => field.current?.focus(), [])
  const submit = async (event: Event) => {
    event.preventDefault()
    busy.value = true
    try {
      await enter(key.value)
    } catch (error) {
      problem.value = error as Problem
      busy.value = false
      field.current?.select()
    }
  }
  return (
    <main class="login">
      <form class="card form" onSubmit={(event) => void submit(event)}>
        <h1>{say('login')}</h1>
        {ended.value && !problem.value && (
          <p class="notice" role="alert">
            {say('login.ended')}
          </p>
        )}
        <div class="field">
          <label for="key">{say('login.key')}</label>
          <input
            ref={field}
            id="key"
            type="password"
            autocomplete="current-password"
            required
            aria-invalid={problem.value ? 'true' : undefined}
            aria-describedby="key-hint"
            value={key.value}
            onInput={(event) => (key.value = event.currentTarget.value)}
          />
          <span id="key-hint" class="hint">
            {say('login.hint')}
          </span>
        </div>
        <div role="alert">{problem.value && <p class="notice">{failure(problem.value)}</p>}</div>
        <button class="button primary" type="submit" disabled={busy.value}>
          {say('login.do')}
        </button>
      </form>
    </main>
  )
}
