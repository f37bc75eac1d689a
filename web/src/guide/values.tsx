// What people copy into other programs.
import { useSignal, type Signal } from '@preact/signals'
import { say } from '../text/guide'
import { rememberKey } from '../ui/address'
import { CopyButton } from '../ui/frame'
import { info } from '../ui/server'
import { dots } from './secret'

export interface GuideProps {
  name: string
  /** The key for publishing; "" when this tab has none. */
  secret: Signal<string>
}

/** Value is one setting, to copy. */
export function Value({ label, value, hint }: { label: string; value: string; hint?: string }) {
  return (
    <div class="value">
      <dt>{label}</dt>
      <dd>
        <code>{value}</code>
        {hint && <span class="hint">{hint}</span>}
        <CopyButton text={value} kind="button small" />
      </dd>
    </div>
  )
}

interface SecretProps {
  label: string
  secret: Signal<string>
  /** What to enter where no key is needed; left out, nothing. */
  free?: string
  /** What to enter with this key, or with dots. */
  value: (key: string) => string
}

/** Secret is a setting with the key in it: not needed, known, or to be entered. */
export function Secret({ label, secret, free, value }: SecretProps) {
  const shown = useSignal(false)
  if (!secret.value && !info.value.publish.key_needed) return free ? <Value label={label} value={free} hint={say('key.free')} /> : <Unneeded label={label} />
  return (
    <div class="value">
      <dt>{label}</dt>
      {secret.value ? (
        <dd>
          <code>{value(shown.value ? secret.value : dots)}</code>
          <button class="button small" type="button" aria-pressed={shown.value} onClick={() => (shown.value = !shown.value)}>
            {say(shown.value ? 'hide' : 'show')}
          </button>
          <CopyButton text={value(secret.value)} kind="button small" />
        </dd>
      ) : (
        <dd>
          <EnterKey secret={secret} />
        </dd>
      )}
    </div>
  )
}

function Unneeded({ label }: { label: string }) {
  return (
    <div class="value">
      <dt>{label}</dt>
      <dd class="hint">{say('token.free')}</dd>
    </div>
  )
}

/** EnterKey asks for the key that all values are then filled in with. */
function EnterKey({ secret }: { secret: Signal<string> }) {
  const submit = (event: SubmitEvent & { currentTarget: HTMLFormElement }) => {
    event.preventDefault()
    secret.value = String(new FormData(event.currentTarget).get('key')).trim()
    rememberKey(secret.value)
  }
  return (
    <form class="enter" onSubmit={submit}>
      <label for="guide-key">{say('token.missing')}</label>
      <span>
        <input id="guide-key" name="key" type="password" autocomplete="off" required />
        <button class="button small" type="submit">
          {say('key')}
        </button>
      </span>
    </form>
  )
}

/** Command is a command line, shown in several lines and copied as one. */
export function Command({ title, lines }: { title: string; lines: string[] }) {
  return (
    <section class="command" aria-label={title}>
      <div>
        <strong>{title}</strong>
        <CopyButton text={lines.join(' ')} kind="button small" />
      </div>
      <pre tabIndex={0}>
        <code>{lines.join(' \\\n  ')}</code>
      </pre>
    </section>
  )
}
