import { signal } from '@preact/signals'
import { say, type Key } from '../text/admin'
import { Api } from './dialog'
import { usePoll } from './poll'
import { Cell, Rows, Shown } from './state'

interface Setting {
  key: string
  value: string
  default: string
  source: 'default' | 'file' | 'env' | 'flag' | 'command'
  at?: string
  help: string
  secret?: boolean
}

const wanted = signal('')
const changed = signal(false)

/** Config is what the server runs with, and where each setting comes from. */
export function Config() {
  const config = usePoll<{ settings: Setting[] }>('config', 60_000)
  return (
    <>
      <div class="bar">
        <h1>{say('config')}</h1>
        <div class="actions">
          <label class="check">
            <input type="checkbox" checked={changed.value} onChange={(event) => (changed.value = event.currentTarget.checked)} />
            <span>{say('config.changed')}</span>
          </label>
          <input class="small-input" type="search" aria-label={say('config.filter')} placeholder={say('config.filter')} value={wanted.value} onInput={(event) => (wanted.value = event.currentTarget.value)} />
        </div>
      </div>
      <p class="muted small">{say('config.why')}</p>
      <Shown of={config}>{({ settings }) => <Settings all={settings} />}</Shown>
      <Api calls={[{ method: 'GET', path: 'config' }]} />
    </>
  )
}

function Settings({ all }: { all: Setting[] }) {
  const words = wanted.value.toLowerCase()
  const shown = all.filter(({ key, value, help, source }) => (!changed.value || source !== 'default') && `${key} ${value} ${help}`.toLowerCase().includes(words))
  const head = [say('setting'), say('value'), say('comes_from')]
  if (shown.length === 0) return <p class="muted">{say('config.none')}</p>
  return (
    <Rows label={say('config')} head={head}>
      {shown.map(({ key, value, default: before, source, at, help, secret }) => (
        <tr key={key}>
          <Cell label={head[0]!}>
            <code>{key}</code>
            <span class="hint help">{help}</span>
          </Cell>
          <Cell label={head[1]!}>
            <code class="long">{value}</code>
            {secret && <span class="hint help">{say('masked')}</span>}
            {value !== before && !secret && <span class="hint help">{say('default_is', { value: before })}</span>}
          </Cell>
          <Cell label={head[2]!}>
            <span class={source === 'default' ? 'muted' : 'tag'}>{say(`source.${source}` as Key)}</span>
            {at && <code class="long small muted"> {at}</code>}
          </Cell>
        </tr>
      ))}
    </Rows>
  )
}
