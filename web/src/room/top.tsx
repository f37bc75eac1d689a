import { useEffect } from 'preact/hooks'
import { unheard } from '../lib/room'
import { say } from '../text/room'
import { language, languages, speak, type Language } from '../text/language'
import { common } from '../text/frame'
import { Moon, Sun } from '../ui/icons'
import { dark, switchTheme } from '../ui/theme'
import { Icon } from './icons'
import { show } from './panels'
import * as session from './session'
import { open } from './sheets'
import { saving } from './view'
import { micGone, micOn, restart, turn } from './devices'

/** Top says where one is, and how the connection does when it does not do well. */
export function Top() {
  const state = session.state.value!
  const { title, id, locked } = state.room
  const waiting = state.lobby.length
  useEffect(() => {
    document.documentElement.lang = language.value
    document.title = (waiting > 0 ? `(${waiting}) ` : '● ') + say('title', { title: title || id })
  }, [title, id, waiting, language.value])
  return (
    <header class="top">
      <h1>{title || id}</h1>
      {locked && (
        <span class="badge" title={say('locked')}>
          <Icon name="lock" />
          <span class="spoken">{say('locked')}</span>
        </span>
      )}
      <button class="quiet numbers" type="button" onClick={() => show('people', true)} aria-label={say('people', { n: state.count.people })}>
        <Icon name="people" /> {state.count.people}
      </button>
      {waiting > 0 && (
        <button class="button small warn" type="button" onClick={() => show('people')}>
          {say('lobby.n', { n: waiting })}
        </button>
      )}
      {session.staff.value && state.queue.length > 0 && (
        <button class="button small narrow-only" type="button" onClick={() => show('hands')}>
          {say('hands.n', { n: state.queue.length })}
        </button>
      )}
      <Trouble />
      <span class="space" />
      {(Object.keys(languages) as Language[])
        .filter((code) => code !== language.value)
        .map((code) => (
          <button key={code} class="quiet wide-only" type="button" lang={code} aria-label={`${code === 'en' ? 'EN' : languages[code]}, ${common('language')}: ${languages[code]}`} onClick={() => void speak(code)}>
            {code === 'en' ? 'EN' : languages[code]}
          </button>
        ))}
      <button class="quiet wide-only" type="button" aria-label={common(dark.value ? 'light' : 'dark')} title={common(dark.value ? 'light' : 'dark')} onClick={switchTheme}>
        {dark.value ? <Sun /> : <Moon />}
      </button>
      <button class="quiet" type="button" aria-label={say(session.staff.value ? 'class' : 'settings')} title={say(session.staff.value ? 'class' : 'settings')} onClick={() => (open.value = { what: session.staff.value ? 'class' : 'devices' })}>
        <Icon name="gear" />
      </button>
    </header>
  )
}

/** Trouble is the worst thing about the connection, and what helps; nothing while all is well. */
function Trouble() {
  const { quality, self, room, seats } = session.state.value!
  if (session.link.value !== 'joined') {
    return (
      <span class="trouble">
        {say('reconnecting')}
        <button class="button small" type="button" onClick={session.wake}>
          {say('reconnecting.now')}
        </button>
      </span>
    )
  }
  if (session.mediaLost.value) {
    return (
      <span class="trouble">
        {say('media.failed')}
        <a class="button small" href="/check" target="_blank">
          {say('media.failed.do')}
        </a>
      </span>
    )
  }
  const own = session.seat.value
  if (own && (unheard(own) || (micGone.value && !micOn.value))) {
    const gone = !unheard(own)
    return (
      <span class="trouble">
        {say(gone ? 'mic.gone' : 'mic.unheard')}
        <button class="button small" type="button" onClick={() => void restart()}>
          {say(gone ? 'mic.gone.do' : 'mic.unheard.do')}
        </button>
      </span>
    )
  }
  const silent = seats.find((seat) => seat.member && unheard(seat))
  if (silent) return <span class="trouble">{say('mic.unheard.of', { name: silent.member!.name })}</span>
  const mine = (dir: string) => quality.some((one) => one.member === self.member && one.dir === dir && (one.score === 'poor' || one.score === 'lost'))
  if (mine('up') && session.seat.value?.video) {
    return (
      <span class="trouble">
        {say('quality.up')}
        <button class="button small" type="button" onClick={() => void turn('camera', false)}>
          {say('quality.up.do')}
        </button>
      </span>
    )
  }
  if (saving.value || mine('down')) {
    return (
      <span class="trouble">
        {!saving.value && say('quality.down')}
        <button class="button small" type="button" onClick={() => (saving.value = !saving.value)}>
          {say(saving.value ? 'quality.down.undo' : 'quality.down.do')}
        </button>
      </span>
    )
  }
  const other = quality.find((one) => one.member !== self.member && one.dir === 'up' && (one.score === 'poor' || one.score === 'lost'))
  const theirs = seats.find(({ seat, member }) => seat > 0 && member && member.id === other?.member)
  if (theirs) {
    const name = theirs.member!.name
    return (
      <span class="trouble">
        {say('quality.of', { name })}
        {session.staff.value && theirs.video && (
          <button class="button small" type="button" onClick={() => void session.ask('media.mute', { member: theirs.member!.id, kind: 'video' })}>
            {say('quality.of.do')}
          </button>
        )}
      </span>
    )
  }
  return room.state === 'unattended' ? <span class="trouble">{say('unattended')}</span> : null
}
