import '../styles/base.css'
import '../styles/room.css'
import { render } from 'preact'
import * as awake from '../room/awake'
import { Bar } from '../room/bar'
import { Chat } from '../room/chat'
import { Dialogs } from '../room/dialogs'
import * as doorbell from '../room/doorbell'
import { End } from '../room/end'
import { Entrance, Joining, WaitingRoom } from '../room/entrance'
import { figures } from '../room/figures'
import { Hands } from '../room/hands'
import { Icon } from '../room/icons'
import * as keys from '../room/keys'
import { hide, panel, panelOpen, show, type Panel } from '../room/panels'
import { People } from '../room/people'
import { Polls } from '../room/polls'
import * as prefs from '../room/prefs'
import * as session from '../room/session'
import { Stage } from '../room/stage'
import { Toasts } from '../room/toasts'
import * as talking from '../room/talking'
import { Top } from '../room/top'
import { prepare } from '../text/language'
import { say } from '../text/room'
import { dialog, Lazily } from '../ui/dialogs'
import { Tabs } from '../ui/tabs'

function Page() {
  const phase = session.phase.value
  return (
    <>
      {phase === 'entrance' && <Entrance />}
      {phase === 'joining' && <Joining />}
      {phase === 'waiting' && <WaitingRoom />}
      {phase === 'over' && <End />}
      {phase === 'inside' && <Inside />}
      <Toasts />
    </>
  )
}

function Inside() {
  return (
    <div class={panelOpen.value ? 'room with-panel' : 'room'}>
      <Top />
      <main class="middle">
        <Stage />
      </main>
      {panelOpen.value && <Side />}
      <Bar />
      <Dialogs />
      {dialog.value && <Lazily load={() => import('../room/more')} />}
    </div>
  )
}

function Side() {
  const state = session.state.value!
  const { queue, lobby } = state
  const tabs: [Panel, string][] = [
    ['chat', say('chat')],
    ['people', lobby.length > 0 ? `${say('people.tab')} (${lobby.length})` : say('people.tab')],
    ...(session.staff.value ? [['hands', queue.length > 0 ? say('hands.n', { n: queue.length }) : say('hands')] as [Panel, string]] : []),
    ['polls', say('polls')],
  ]
  const chosen = tabs.some(([tab]) => tab === panel.value) ? panel.value : 'chat'
  return (
    <aside class="side" aria-label={tabs.find(([tab]) => tab === chosen)?.[1]}>
      <button class="quiet close" type="button" aria-label={say('close')} onClick={hide}>
        <Icon name="close" />
      </button>
      <Tabs id="side" label={say('room')} tabs={tabs} chosen={chosen} choose={show}>
        {chosen === 'chat' && <Chat />}
        {chosen === 'people' && <People />}
        {chosen === 'hands' && <Hands />}
        {chosen === 'polls' && <Polls />}
      </Tabs>
    </aside>
  )
}

Object.defineProperty(window, 'lectern', {
  value: {
    get state() {
      return session.phase.value
    },
    get room() {
      return session.state.value
    },
    get link() {
      return session.link.value
    },
    stats: figures,
  },
})

await prepare()
render(<Page />, document.getElementById('page')!)
keys.listen()
prefs.begin()
doorbell.begin()
awake.begin()
talking.begin()
session.begin()
