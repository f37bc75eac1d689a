import '../styles/base.css'
import '../styles/watch.css'
import { render } from 'preact'
import { prepare } from '../text/language'
import { say } from '../text/watch'
import { dialog, Lazily } from '../ui/dialogs'
import { codecName } from '../ui/format'
import { CopyButton, Header } from '../ui/frame'
import { begin, details, embedded, name, reading, state } from '../watch/player'
import { listenToKeys, Stage } from '../watch/stage'

function Page() {
  return (
    <div class={embedded ? 'watch embedded' : 'watch'}>
      {!embedded && <Header page="watch" title={say('title', { name })} />}
      <main>
        <Stage />
        {!embedded && <Bar />}
        {(details.value || dialog.value) && <Lazily load={() => import('../watch/more')} />}
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

await prepare()
render(<Page />, document.getElementById('page')!)
listenToKeys()
begin()
