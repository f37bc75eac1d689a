import { useSignal } from '@preact/signals'
import type { Problem } from '../lib/problem'
import { say } from '../text/admin'
import { en as known, say as verdict, type Key as Verdict } from '../text/check'
import { CopyButton } from '../ui/frame'
import { ask } from './api'
import { question } from './dialog'
import { usePoll } from './poll'
import { browserOf } from './sessions'
import { Cell, Rows, Shown } from './state'
import { tell } from './toast'
import { failure, moment, since } from './words'

/** Check is a code by which somebody hands in what his browser has found out at /check. */
interface Check {
  code: string
  name?: string
  link?: string
  expires: string
  results: Result[]
}

interface Result {
  /** A word of the page /check. */
  verdict: string
  lines: { id: string; level: string; detail?: string }[] | null
  at: string
  remote: string
  agent: string
}

/** How often results are looked for, in milliseconds. */
const every = 8000

/** Checks is what others have found out about their way to this server. */
export function Checks() {
  const checks = usePoll<{ checks: Check[] }>('checks', every)
  const name = useSignal('')
  const made = useSignal<string | undefined>(undefined)
  const make = async (event: Event) => {
    event.preventDefault()
    try {
      const { link } = await ask<Check>({ method: 'POST', path: 'checks', body: { name: name.value.trim() } })
      const { pathname, search } = new URL(link!)
      made.value = location.origin + pathname + search
      name.value = ''
      void checks.again()
    } catch (error) {
      tell(failure(error as Problem))
    }
  }
  return (
    <section class="part">
      <h2>{say('checks')}</h2>
      <p class="muted small">{say('checks.why')}</p>
      <form class="inline" onSubmit={(event) => void make(event)}>
        <div class="field">
          <label for="check-name">{say('checks.for')}</label>
          <input id="check-name" value={name.value} maxLength={64} autocomplete="off" onInput={(event) => (name.value = event.currentTarget.value)} />
        </div>
        <button class="button" type="submit">
          {say('checks.make')}
        </button>
      </form>
      {made.value && (
        <div class="curl" role="status">
          <pre tabIndex={0}>{made.value}</pre>
          <CopyButton text={made.value} kind="button small" />
        </div>
      )}
      <Shown of={checks}>{({ checks: all }) => (all.length === 0 ? <p class="muted">{say('checks.none')}</p> : <Table all={all} again={() => void checks.again()} />)}</Shown>
    </section>
  )
}

function Table({ all, again }: { all: Check[]; again: () => void }) {
  const head = [say('checks.for'), say('checks.results'), say('expires'), say('action')]
  return (
    <Rows label={say('checks')} head={head}>
      {all.map(({ code, name, expires, results }) => (
        <tr key={code}>
          <Cell label={head[0]!}>
            {name && <strong>{name}</strong>} <code class="small muted">{code}</code>
          </Cell>
          <Cell label={head[1]!}>
            {results.length === 0 && <span class="muted">{say('checks.waiting')}</span>}
            {results.toReversed().map((result) => (
              <Found key={result.at} {...result} />
            ))}
          </Cell>
          <Cell label={head[2]!} numbers>
            {moment(expires)}
          </Cell>
          <Cell label={head[3]!}>
            <button
              class="button small"
              type="button"
              onClick={() =>
                (question.value = { title: say('checks.remove'), text: say('checks.remove.ask', { name: name || code, n: results.length }), button: say('checks.remove'), call: { method: 'DELETE', path: `checks/${code}` }, done: again })
              }
            >
              {say('checks.remove')}
            </button>
          </Cell>
        </tr>
      ))}
    </Rows>
  )
}

function Found({ verdict: word, lines, at, remote, agent }: Result) {
  return (
    <details>
      <summary>
        {word in known ? verdict(word as Verdict) : word} <span class="small muted">{[since(at), remote, browserOf(agent)].filter(Boolean).join(' · ')}</span>
      </summary>
      <ul class="plain small">
        {(lines ?? []).map(({ id, level, detail }) => (
          <li key={id}>
            <b>{level}</b> {id} <span class="muted">{detail}</span>
          </li>
        ))}
      </ul>
    </details>
  )
}
