import { useSignal } from '@preact/signals'
import { say, type Key as Word } from '../text/admin'
import { CopyButton } from '../ui/frame'
import { Dialog, question } from './dialog'
import { NewKey } from './newkey'
import { usePoll } from './poll'
import { Cell, Empty, Rows, Shown } from './state'
import { moment, since } from './words'

/** Key is what there is to know of a key: never its secret, but once. */
export interface Key {
  id: string
  name: string
  stream: string[] | null
  can: string[]
  expires?: string
  made: string
  used?: string
  key?: string
}

/** How often the keys are looked at, in milliseconds. */
const every = 15_000

export function Keys() {
  const keys = usePoll<{ keys: Key[] | null }>('keys', every)
  const making = useSignal(false)
  const made = useSignal<Key | undefined>(undefined)
  const show = (key: Key) => {
    making.value = false
    made.value = key
    void keys.again()
  }
  return (
    <section class="part">
      <div class="bar">
        <h2>{say('keys')}</h2>
        <button class="button small" type="button" onClick={() => (making.value = true)}>
          {say('key.new')}
        </button>
      </div>
      <Shown of={keys}>{({ keys: all }) => (all?.length ? <Table all={all} again={() => void keys.again()} show={show} /> : <Empty what={say('keys.none')} why={say('keys.none.why')} />)}</Shown>
      {making.value && <NewKey made={show} close={() => (making.value = false)} />}
      {made.value?.key && <Secret made={made.value} close={() => (made.value = undefined)} />}
    </section>
  )
}

function Table({ all, again, show }: { all: Key[]; again: () => void; show: (key: Key) => void }) {
  const head = [say('name'), say('can'), say('key.streams'), say('expires'), say('made'), say('used'), say('action')]
  return (
    <Rows label={say('keys')} head={head}>
      {all.map((key) => (
        <tr key={key.id}>
          <Cell label={head[0]!}>
            {key.name && <strong>{key.name}</strong>} <code class="small muted">{key.id}</code>
          </Cell>
          <Cell label={head[1]!}>{key.can.map((right) => say(`can.${right}` as Word)).join(', ')}</Cell>
          <Cell label={head[2]!}>{(key.stream ?? []).join(', ') || '–'}</Cell>
          <Cell label={head[3]!} numbers>
            {key.expires ? moment(key.expires) : say('never')}
          </Cell>
          <Cell label={head[4]!} numbers>
            {moment(key.made)}
          </Cell>
          <Cell label={head[5]!} numbers>
            {since(key.used)}
          </Cell>
          <Cell label={head[6]!}>
            <div class="actions">
              <button class="button small" type="button" aria-label={say('key.rotate.of', { name: key.name || key.id })} onClick={() => rotate(key, show)}>
                {say('key.rotate')}
              </button>
              <button class="button small danger" type="button" aria-label={say('key.revoke.of', { name: key.name || key.id })} onClick={() => revoke(key, again)}>
                {say('key.revoke')}
              </button>
            </div>
          </Cell>
        </tr>
      ))}
    </Rows>
  )
}

function rotate({ id, name }: Key, show: (key: Key) => void): void {
  question.value = {
    title: say('key.rotate'),
    text: say('key.rotate.ask', { name: name || id }),
    button: say('key.rotate.do'),
    call: { method: 'POST', path: `keys/${id}/rotate` },
    done: (answer) => show(answer as Key),
  }
}

function revoke({ id, name }: Key, again: () => void): void {
  question.value = { title: say('key.revoke'), text: say('key.revoke.ask', { name: name || id }), button: say('key.revoke.do'), call: { method: 'DELETE', path: `keys/${id}` }, done: again }
}

/** Secret shows the secret of a key, this once, and the link that carries it where no server reads it. */
function Secret({ made, close }: { made: Key; close: () => void }) {
  const stream = made.stream?.find((name) => !name.includes('*'))?.replace(/^live\//, '')
  const link = made.can.includes('publish') ? `${location.origin}/publish${stream ? `/${stream}` : ''}#k=${encodeURIComponent(made.key!)}` : ''
  return (
    <Dialog title={made.name || made.id} close={close}>
      <p>{say('secret.once')}</p>
      <pre class="secret" tabIndex={0} data-secret>
        {made.key}
      </pre>
      <div class="actions">
        <CopyButton text={made.key!} label={say('secret.copy')} kind="button primary" />
        {link && <CopyButton text={link} label={say('secret.link')} />}
      </div>
    </Dialog>
  )
}
