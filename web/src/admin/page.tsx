import '../styles/base.css'
import './admin.css'
import { signal } from '@preact/signals'
import { render } from 'preact'
import { useEffect } from 'preact/hooks'
import type { Problem } from '../lib/problem'
import { say } from '../text/admin'
import { common } from '../text/frame'
import { prepare } from '../text/language'
import { Header } from '../ui/frame'
import { Notice } from '../ui/notice'
import { Tabs } from '../ui/tabs'
import { Access } from './access'
import { enter, leave, login, resume, takeFragmentKey } from './api'
import { Config } from './config'
import { Confirm, question } from './dialog'
import { Doctor } from './doctor'
import { Login } from './login'
import { Logs } from './logs'
import { Overview } from './overview'
import { Rooms } from './rooms'
import { Streams } from './streams'
import { Toast } from './toast'
import { failure } from './words'

const parts = { overview: Overview, streams: Streams, rooms: Rooms, access: Access, doctor: Doctor, logs: Logs, config: Config } as const
type Part = keyof typeof parts

const part = signal<Part>('overview')
const problem = signal<Problem | undefined>(undefined)

/** follow shows the part that the address names. */
function follow(): void {
  const named = location.hash.slice(1)
  part.value = named in parts ? (named as Part) : 'overview'
}

function choose(next: Part): void {
  history.replaceState(history.state, '', `#${next}`)
  follow()
}

function Page() {
  return (
    <>
      <Header page="admin" title={say('title')} />
      {login.value ? <Inside /> : login.value === null ? <Login refused={problem.value} /> : <Before />}
      <Toast />
      {question.value && <Confirm />}
    </>
  )
}

/** Before is what there is until the server has said who is logged in. */
function Before() {
  const failed = problem.value
  return (
    <main class="login">{failed ? <Notice what={say('failed')} why={failure(failed)} button={common('now')} onPress={() => void begin('')} /> : <p class="muted">{say('looking')}</p>}</main>
  )
}

function Inside() {
  const Part = parts[part.value]
  useEffect(() => document.getElementById(`part-${part.value}`)?.scrollIntoView({ block: 'nearest', inline: 'nearest' }), [part.value])
  const tabs = (Object.keys(parts) as Part[]).map((name) => [name, say(name)] as const)
  return (
    <main class="admin">
      <div class="who small muted">
        <span>{say('who.is', { who: login.value!.identity })}</span>
        <button class="button small" type="button" onClick={() => void leave()}>
          {say('logout')}
        </button>
      </div>
      <Tabs label={say('parts')} id="part" tabs={tabs} chosen={part.value} choose={choose}>
        <Part key={part.value} />
      </Tabs>
    </main>
  )
}

/** begin logs in with the key of the link, or finds out who is logged in. */
async function begin(key: string): Promise<void> {
  try {
    if (key) await enter(key)
    else await resume()
    problem.value = undefined
  } catch (error) {
    problem.value = error as Problem
    if (key) login.value = null
  }
}

const key = takeFragmentKey()
follow()
addEventListener('hashchange', () => {
  const late = takeFragmentKey()
  if (late) void begin(late)
  follow()
})
await prepare()
render(<Page />, document.getElementById('page')!)
await begin(key)
