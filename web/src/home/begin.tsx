import { signal } from '@preact/signals'
import { say as guide } from '../text/guide'
import { say } from '../text/home'
import { nameFrom, takeKey, validName } from '../ui/address'
import { Ffmpeg } from '../guide/ffmpeg'
import { Obs } from '../guide/obs'
import { Phone } from '../guide/phone'
import { Tabs } from '../ui/tabs'

type Way = 'browser' | 'obs' | 'ffmpeg' | 'phone'

/** The stream that the guides speak of. */
const name = 'cam1'
const way = signal<Way>('browser')
const key = signal(takeKey())

/** Begin tells how to send, with this server's own values. */
export function Begin() {
  const tabs: [Way, string][] = [
    ['browser', guide('browser')],
    ['obs', 'OBS'],
    ['ffmpeg', 'FFmpeg'],
    ['phone', guide('phone')],
  ]
  return (
    <section class="card begin" aria-labelledby="begin">
      <h2 id="begin">{say('begin')}</h2>
      <Tabs id="way" label={guide('ways')} tabs={tabs} chosen={way.value} choose={(next) => (way.value = next)}>
        {way.value === 'browser' && <Browser />}
        {way.value === 'obs' && <Obs name={name} secret={key} />}
        {way.value === 'ffmpeg' && <Ffmpeg name={name} secret={key} />}
        {way.value === 'phone' && <Phone name={name} secret={key} />}
      </Tabs>
    </section>
  )
}

function Browser() {
  return (
    <div class="guide">
      <p>{window.isSecureContext ? guide('browser.what') : guide('browser.insecure', { host: location.host })}</p>
      <div class="row">
        <a class="button primary" href="/publish">
          {guide('browser.go')}
        </a>
        <a class="button" href="/publish?source=clock">
          {say('test')}
        </a>
      </div>
    </div>
  )
}

/** ByName leads to a stream that the list does not show, by its name or its address. */
export function ByName() {
  const submit = (event: SubmitEvent & { currentTarget: HTMLFormElement }) => {
    event.preventDefault()
    const typed = String(new FormData(event.currentTarget).get('name')).trim()
    const path = typed.startsWith('http') ? new URL(typed).pathname : `/watch/${typed}`
    const name = nameFrom(path, 'watch')
    if (validName(name)) location.assign(`/watch/${name}`)
  }
  return (
    <form class="by-name field" onSubmit={submit}>
      <label for="name">{say('by_name')}</label>
      <div>
        <input id="name" name="name" required autocomplete="off" autocapitalize="none" spellcheck={false} pattern="https?://.*|[A-Za-z0-9_\-]{1,64}(/[A-Za-z0-9_\-]{1,64}){0,3}" title={say('by_name.rule')} />
        <button class="button" type="submit">
          {say('watch')}
        </button>
      </div>
    </form>
  )
}
