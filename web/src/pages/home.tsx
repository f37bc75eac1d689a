import '../styles/base.css'
import '../styles/guide.css'
import '../styles/home.css'
import { render } from 'preact'
import { Begin, ByName } from '../home/begin'
import { Card } from '../home/card'
import { begin, stale, streams } from '../home/list'
import { NewRoom } from '../home/newroom'
import { pathOf } from '../lib/names'
import { say } from '../text/home'
import { prepare } from '../text/language'
import { takeKey } from '../ui/address'
import { dialog, Lazily, openDialog, typing } from '../ui/dialogs'
import { Header } from '../ui/frame'
import { info } from '../ui/server'

function Page() {
  return (
    <>
      <Header page="streams" title={say('title')} />
      <main class="home">
        <Live />
        <Begin />
        {dialog.value && <Lazily load={() => import('../home/more')} />}
      </main>
      <Footer />
    </>
  )
}

function Live() {
  const all = streams.value
  const live = all?.filter((stream) => stream.state === 'live').length ?? 0
  return (
    <section class={stale.value ? 'list stale' : 'list'} aria-labelledby="live">
      <div class="head">
        <h1 id="live">{live > 0 ? say('live_n', { n: live }) : say('live')}</h1>
        <ByName />
        <NewRoom />
      </div>
      <div role="status">
        {stale.value && (
          <p class="notice">
            <strong>{say('stale')}</strong>
            <span>{say('stale.why')}</span>
          </p>
        )}
        {all?.length === 0 && !stale.value && (
          <div class="none">
            <strong>{say('none')}</strong>
            <p class="muted">{say('none.why')}</p>
          </div>
        )}
        {!all && !stale.value && <p class="muted">{say('looking')}</p>}
      </div>
      {all && all.length > 0 && (
        <ul class="streams" onKeyDown={moveFocus}>
          {all.map((stream) => (
            <Card key={pathOf(stream)} stream={stream} />
          ))}
        </ul>
      )}
    </section>
  )
}

function Footer() {
  return (
    <footer class="footer small muted">
      <span>{say('version', { version: info.value.version.replace('unknown', '') })}</span>
      <span>
        <span class={stale.value ? 'dot warn' : 'dot good'} /> {say(stale.value ? 'unhealthy' : 'healthy')}
      </span>
    </footer>
  )
}

/** moveFocus lets the arrows walk over the cards; Enter opens, as with every link. */
function moveFocus(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key]
  if (!step) return
  const links = [...event.currentTarget.querySelectorAll('a')]
  const next = links[links.findIndex((link) => link === document.activeElement) + step]
  if (!next) return
  event.preventDefault()
  next.focus()
}

addEventListener('keydown', (event) => {
  if (typing(event) || openDialog(event)) return
  if (event.key === 'n') location.assign('/publish')
  if (event.key !== '/') return
  event.preventDefault()
  document.getElementById('name')?.focus()
})

takeKey()
await prepare()
render(<Page />, document.getElementById('page')!)
begin()
