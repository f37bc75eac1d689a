import { useEffect, useRef } from 'preact/hooks'
import { say } from '../text/room'
import { common } from '../text/frame'
import { Header } from '../ui/frame'
import * as session from './session'

const title = () => session.state.value?.room.title || session.facts.value?.title || session.past.value.title || session.id

/** Entrance is the way in: a name, and nothing else is asked of whoever comes to listen. */
export function Entrance() {
  const facts = session.facts.value
  const ways = session.entitled ? [] : (facts?.auth ?? [])
  const locked = ways.includes('password')
  const closed = ways.length > 0 && !ways.includes('guest') && !locked
  const submit = (event: SubmitEvent & { currentTarget: HTMLFormElement }) => {
    event.preventDefault()
    const data = new FormData(event.currentTarget)
    session.join(String(data.get('name')), String(data.get('password') ?? ''))
  }
  return (
    <Door>
      {facts && (
        <p class="muted">
          {say(`facts.${facts.state}`)} {facts.people ? say('people', { n: facts.people }) : ''}
        </p>
      )}
      {closed ? (
        <p class="notice">{say('facts.invited')}</p>
      ) : (
        <form onSubmit={submit}>
          <div class="field">
            <label for="name">{say('join.as')}</label>
            <input id="name" name="name" required maxLength={64} autocomplete="name" value={session.name.value} aria-describedby="name-hint" />
            <span id="name-hint" class="hint">
              {say('join.hint')}
            </span>
          </div>
          {locked && (
            <div class="field">
              <label for="password">{say('join.password')}</label>
              <input id="password" name="password" type="password" required={!ways.includes('guest')} autocomplete="off" />
            </div>
          )}
          <button class="button primary" type="submit">
            {say('join')}
          </button>
          <p class="hint">{say('join.quiet')}</p>
          <p class="hint">
            <a href="/check" target="_blank">
              {say('check')}
            </a>
          </p>
        </form>
      )}
    </Door>
  )
}

/** Joining is the moment between the door and the room. */
export function Joining() {
  const lost = session.link.value === 'reconnecting'
  return (
    <Door>
      <p role="status">{say(lost ? 'reconnecting' : 'joining')}</p>
      {lost && (
        <button class="button" type="button" onClick={session.wake}>
          {common('now')}
        </button>
      )}
    </Door>
  )
}

/** WaitingRoom is where people are until somebody lets them in. */
export function WaitingRoom() {
  const { pos, message } = session.waiting.value!
  return (
    <Door>
      <div role="status">
        <p>
          <strong>{say('waiting')}</strong>
        </p>
        {pos > 0 && <p>{say('waiting.pos', { n: pos })}</p>}
        {message && <p class="notice">{message}</p>}
      </div>
      <button class="button" type="button" onClick={session.leave}>
        {say('leave')}
      </button>
    </Door>
  )
}

/** Door is the card that everything stands on which is not the room. */
export function Door({ children, wide = false }: { children: preact.ComponentChildren; wide?: boolean }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    // What had the focus is gone with the room: whoever reads by ear goes on from here.
    if (session.over.value && document.activeElement === document.body) heading.current!.focus()
  }, [])
  return (
    <>
      <Header page="room" title={say('title', { title: title() })} />
      <main class="door">
        <div class={wide ? 'card wide' : 'card'}>
          <h1 ref={heading} tabIndex={-1}>
            {title()}
          </h1>
          {children}
        </div>
      </main>
    </>
  )
}
