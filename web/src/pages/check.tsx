import '../styles/base.css'
import '../styles/check.css'
import { render } from 'preact'
import { begin, done, found, written } from '../check/looking'
import { Afterwards, Lines, Verdict } from '../check/result'
import { Trial } from '../check/trial'
import { say } from '../text/check'
import { prepare } from '../text/language'
import { Header } from '../ui/frame'

function Page() {
  return (
    <>
      <Header page="check" title={say('title')} />
      <main class="check">
        <h1>{say('heading')}</h1>
        <p class="muted">{say('intro')}</p>
        <Verdict />
        <Lines />
        <Trial />
        <Afterwards />
      </main>
    </>
  )
}

Object.defineProperty(window, 'lectern', {
  value: {
    get state() {
      return done.value ? 'done' : 'looking'
    },
    get found() {
      return found.value
    },
    get text() {
      return written()
    },
  },
})

await prepare()
render(<Page />, document.getElementById('page')!)
await begin()
