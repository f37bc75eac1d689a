import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import type { Poll } from '../lib/room'
import { say } from '../text/room'
import { parsePoll } from './question'
import * as session from './session'

/** Polls is what was asked, newest first, and for staff the means to ask. */
export function Polls() {
  const { polls } = session.state.value!
  return (
    <div class="polls" tabIndex={0}>
      {session.staff.value && <Composer />}
      {polls.length === 0 && <p class="muted none">{say('polls.none')}</p>}
      {polls.toReversed().map((poll) => (
        <Question key={poll.poll} poll={poll} />
      ))}
    </div>
  )
}

function Composer() {
  const details = useRef<HTMLDetailsElement>(null)
  const text = useSignal('')
  const multi = useSignal(false)
  const anonymous = useSignal(false)
  const parsed = parsePoll(text.value)
  const start = async () => {
    if (!parsed) return
    if (!(await session.ask('poll.start', { ...parsed, multi: multi.value, anonymous: anonymous.value }))) return
    text.value = ''
    details.current!.open = false
  }
  return (
    <details class="composer" ref={details}>
      <summary class="button small">{say('poll.new')}</summary>
      <div class="field">
        <label for="poll">{say('poll.text')}</label>
        <textarea id="poll" rows={5} value={text.value} placeholder={say('poll.example')} aria-describedby="poll-hint" onInput={(event) => (text.value = event.currentTarget.value)} />
        <span id="poll-hint" class="hint">
          {say('poll.hint')}
        </span>
      </div>
      <label class="tick">
        <input type="checkbox" checked={multi.value} onChange={(event) => (multi.value = event.currentTarget.checked)} />
        {say('poll.multi')}
      </label>
      <label class="tick">
        <input type="checkbox" checked={anonymous.value} onChange={(event) => (anonymous.value = event.currentTarget.checked)} />
        {say('poll.anonymous')}
      </label>
      <button class="button primary" type="button" disabled={!parsed} onClick={() => void start()}>
        {say('poll.start')}
      </button>
    </details>
  )
}

function Question({ poll }: { poll: Poll }) {
  const staff = session.staff.value
  const total = poll.voted
  return (
    <section class="card poll" aria-label={poll.q}>
      <h2>{poll.q}</h2>
      {poll.state === 'open' && session.may('vote') && !staff ? <Ballot poll={poll} /> : <Result poll={poll} />}
      <p class="small muted">
        {(staff || poll.state !== 'open') && `${say('poll.votes', { n: total })} · `}
        {poll.state === 'open' ? say(poll.anonymous ? 'poll.is_anonymous' : 'poll.is_named') : say('poll.closed')}
      </p>
      {staff && poll.missing && poll.missing.length > 0 && <p class="small">{say('poll.missing', { names: poll.missing.map(({ name }) => name).join(', ') })}</p>}
      {staff && (
        <div class="actions">
          {poll.state === 'open' && (
            <button class="button small" type="button" onClick={() => void session.ask('poll.close', { poll: poll.poll })}>
              {say('poll.close')}
            </button>
          )}
          {poll.state !== 'published' && (
            <button class="button small" type="button" onClick={() => void session.ask('poll.publish', { poll: poll.poll, reveal: (poll.correct?.length ?? 0) > 0 })}>
              {say('poll.publish')}
            </button>
          )}
        </div>
      )}
    </section>
  )
}

function Ballot({ poll }: { poll: Poll }) {
  const vote = (answer: { choice?: number[]; text?: string }) => void session.attempt(() => session.current()!.vote(poll.poll, answer))
  const mine = poll.mine?.choice ?? []
  if (!poll.options?.length) {
    const submit = (event: SubmitEvent & { currentTarget: HTMLFormElement }) => {
      event.preventDefault()
      vote({ text: String(new FormData(event.currentTarget).get('answer')) })
    }
    return (
      <form class="words" onSubmit={submit}>
        <input name="answer" required maxLength={80} defaultValue={poll.mine?.text ?? ''} aria-label={say('poll.answer')} />
        <button class="button" type="submit">
          {say('poll.vote')}
        </button>
      </form>
    )
  }
  const done = poll.anonymous && poll.mine !== undefined
  const choose = (i: number, on: boolean) => vote({ choice: poll.multi ? (on ? [...mine, i] : mine.filter((one) => one !== i)) : [i] })
  return (
    <fieldset disabled={done}>
      <legend class="spoken">{poll.q}</legend>
      {poll.options.map((option, i) => (
        <label key={i} class="option">
          <input type={poll.multi ? 'checkbox' : 'radio'} name={poll.poll} checked={mine.includes(i)} onChange={(event) => choose(i, event.currentTarget.checked)} />
          {option}
        </label>
      ))}
      {!poll.anonymous && <p class="hint">{say('poll.change')}</p>}
    </fieldset>
  )
}

function Result({ poll }: { poll: Poll }) {
  const most = Math.max(1, poll.voted)
  return (
    <ul class="bars">
      {poll.options?.map((option, i) => {
        const n = poll.tally?.[i]
        const share = Math.round(((n ?? 0) / most) * 100)
        return (
          <li key={i} class={poll.correct?.includes(i) ? 'right' : ''}>
            <span>
              {option}
              {poll.mine?.choice?.includes(i) && ` (${say('you')})`}
              {poll.correct?.includes(i) && ` ✔ ${say('poll.right')}`}
            </span>
            {n !== undefined && (
              <>
                <span class="numbers">
                  {n} · {share} %
                </span>
                <span class="bar" style={{ inlineSize: `${share}%` }} />
              </>
            )}
          </li>
        )
      })}
      {poll.words?.map(({ text, n }) => (
        <li key={text}>
          <span>{text}</span>
          <span class="numbers">{n}</span>
        </li>
      ))}
    </ul>
  )
}
