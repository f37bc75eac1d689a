import { useSignal } from '@preact/signals'
import { say } from '../text/admin'
import { question } from './dialog'
import { usePoll } from './poll'
import { Cell, Rows, Shown } from './state'
import { act } from './toast'
import { moment } from './words'

interface Denial {
  jti: string
  until?: string
}

/** How often they are looked at, in milliseconds. */
const every = 15_000

/** Denied is the signed tokens that are not accepted any more. */
export function Denied() {
  const denied = usePoll<{ denied: Denial[] }>('denied', every)
  const id = useSignal('')
  const deny = (event: Event) => {
    event.preventDefault()
    const jti = id.value.trim()
    question.value = {
      title: say('denied.deny'),
      text: say('denied.ask', { id: jti }),
      button: say('denied.deny'),
      call: { method: 'POST', path: 'denied', body: { jti } },
      done: () => {
        id.value = ''
        void denied.again()
      },
    }
  }
  const allow = async (jti: string) => {
    await act({ method: 'DELETE', path: `denied/${encodeURIComponent(jti)}` }, say('denied.allowed'))
    void denied.again()
  }
  const head = [say('token.id'), say('until'), say('action')]
  return (
    <section class="part">
      <h2>{say('denied')}</h2>
      <Shown of={denied}>
        {({ denied: all }) =>
          all.length === 0 ? (
            <p class="muted">{say('denied.none')}</p>
          ) : (
            <Rows label={say('denied')} head={head}>
              {all.map(({ jti, until }) => (
                <tr key={jti}>
                  <Cell label={head[0]!}>
                    <code>{jti}</code>
                  </Cell>
                  <Cell label={head[1]!} numbers>
                    {until ? moment(until) : say('forever')}
                  </Cell>
                  <Cell label={head[2]!}>
                    <button class="button small" type="button" onClick={() => void allow(jti)}>
                      {say('denied.allow')}
                    </button>
                  </Cell>
                </tr>
              ))}
            </Rows>
          )
        }
      </Shown>
      <form class="inline" onSubmit={deny}>
        <div class="field">
          <label for="jti">{say('denied.new')}</label>
          <input id="jti" value={id.value} required maxLength={128} autocomplete="off" spellcheck={false} onInput={(event) => (id.value = event.currentTarget.value)} />
        </div>
        <button class="button" type="submit">
          {say('denied.deny')}
        </button>
      </form>
    </section>
  )
}
