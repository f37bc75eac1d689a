import '../styles/base.css'
import '../styles/publish.css'
import '../styles/guide.css'
import { render } from 'preact'
import { Ffmpeg } from '../guide/ffmpeg'
import { Obs } from '../guide/obs'
import { Phone } from '../guide/phone'
import { prepare } from '../text/language'
import { say } from '../text/publish'
import { say as guide } from '../text/guide'
import { dialog, Lazily, openDialog, typing } from '../ui/dialogs'
import { Header } from '../ui/frame'
import { Tabs } from '../ui/tabs'
import { Failure, OnAir } from '../publish/onair'
import { Preview } from '../publish/preview'
import { Settings } from '../publish/settings'
import * as studio from '../publish/studio'

function Page() {
  const { way, name, key } = studio
  const titles = { browser: say('browser'), obs: 'OBS', ffmpeg: 'FFmpeg', phone: guide('phone') }
  return (
    <>
      <Header page="publish" title={say('title')} />
      <main class="publish">
        <h1>{say('heading')}</h1>
        <Tabs id="way" label={say('ways')} tabs={studio.ways.map((one) => [one, titles[one]] as const)} chosen={way.value} choose={(next) => (way.value = next)}>
          {way.value === 'browser' && <Studio />}
          {way.value === 'obs' && <Obs name={name.value} secret={key} />}
          {way.value === 'ffmpeg' && <Ffmpeg name={name.value} secret={key} />}
          {way.value === 'phone' && <Phone name={name.value} secret={key} />}
        </Tabs>
        {dialog.value && <Lazily load={() => import('../publish/more')} />}
      </main>
    </>
  )
}

function Studio() {
  return (
    <div class="studio">
      <div class="column">
        <Preview />
        <Failure />
        <OnAir />
      </div>
      <Settings />
    </div>
  )
}

studio.begin()
await prepare()
render(<Page />, document.getElementById('page')!)
addEventListener('keydown', (event) => typing(event) || openDialog(event))
