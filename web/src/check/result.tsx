import { en, say, type Key } from '../text/check'
import { CopyButton } from '../ui/frame'
import { begin, code, detailOf, done, found, handed, titleOf, written } from './looking'
import type { Line } from './facts'

/** Verdict says in one sentence what this browser can do here. */
export function Verdict() {
  const { verdict } = found.value
  const good = verdict === 'ready' || verdict === 'listen'
  return (
    <div class={`verdict ${done.value && verdict ? (good ? 'good' : verdict === 'tcp' || verdict === 'weak' || verdict === 'streams' ? 'some' : 'bad') : ''}`} role="status">
      {done.value && verdict ? (
        <>
          <strong>{say(verdict)}</strong>
          <p>{say(`${verdict}.why`)}</p>
        </>
      ) : (
        <p>{say('busy')}</p>
      )}
    </div>
  )
}

const marks = { ok: '✔', warn: '!', fail: '✖' } as const

/** Lines is what was looked at, one thing a line, with what helps. */
export function Lines() {
  return (
    <ul class="lines">
      {found.value.lines.map((line) => (
        <One key={line.id} line={line} />
      ))}
    </ul>
  )
}

function One({ line }: { line: Line }) {
  const { id, level, values } = line
  const detail = detailOf(line)
  const fix = `${detail}.fix` as Key
  return (
    <li class={level ?? 'open'} data-id={id} data-level={level}>
      <span class="sign" aria-hidden="true">
        {level ? marks[level] : '·'}
      </span>
      <div>
        <strong>{say(titleOf(id))}</strong> <span class="spoken">{say(level ?? 'looking')}</span>
        <p class="numbers">{say(detail, values)}</p>
        {fix in en && <p class="fix">{say(fix)}</p>}
      </div>
    </li>
  )
}

/** Afterwards is what can be done with a result. */
export function Afterwards() {
  if (!done.value) return null
  return (
    <>
      {handed.value !== undefined && (
        <p class="muted" role="status">
          {say(handed.value ? 'sent' : 'sent.not', { code })}
        </p>
      )}
      <div class="actions">
        <CopyButton text={written} label={say('copy')} />
        <button class="button" type="button" onClick={() => void begin()}>
          {say('again')}
        </button>
      </div>
    </>
  )
}
