import '../styles/base.css'
import '../styles/watch.css'
import { signal } from '@preact/signals'
import { render, type FunctionComponent } from 'preact'
import { useEffect } from 'preact/hooks'
import { prepare } from '../text/language'
import { say } from '../text/watch'
import { codecName } from '../ui/format'
import { CopyButton, Header } from '../ui/frame'
import * as player from '../watch/player'
import { listenToKeys, Stage } from '../watch/stage'

const { begin, details, embedded, name, reading, state } = player

function Page() {
  return (
    <div class={embedded ? 'watch embedded' : 'watch'}>
      {!embedded && <Header page="watch" title={say('title', { name })} />}
      <main>
        <Stage />
        {!embedded && <Bar />}
        {details.value && <LazyDetails />}
      </main>
    </div>
  )
}

function Bar() {
  const now = reading.value
  const playing = state.value === 'playing'
  const facts = playing && now ? [now.height > 0 && `${now.width} × ${now.height}`, now.fps > 0 && say('fps', { fps: Math.round(now.fps) }), codecName(now.codec)] : [say('not_playing')]
  return (
    <div class="bar">
      <h1>{name}</h1>
      <span class="small muted numbers">{facts.filter(Boolean).join(' · ')}</span>
      <CopyButton text={() => new URL(location.pathname, location.href).href} label={say('copy_link')} />
    </div>
  )
}

const Loaded = signal<FunctionComponent<{ player: typeof player }> | undefined>(undefined)

/** LazyDetails costs those nothing who never look. */
function LazyDetails() {
  useEffect(() => void import('../watch/details').then((module) => (Loaded.value = module.default)), [])
  return Loaded.value ? <Loaded.value player={player} /> : null
}

await prepare()
render(<Page />, document.getElementById('page')!)
listenToKeys()
begin()
