import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { common } from '../text/frame'
import { say } from '../text/watch'
import { dialog, openDialog, typing } from '../ui/dialogs'
import { Eye } from '../ui/icons'
import { Corner, Fullscreen, Numbers, Pause, Play, Sliders, Speaker } from './icons'
import { message, type Message } from './message'
import * as player from './player'

/** How long the controls stay after the pointer's last move. */
const lingering = 3000

export function Stage() {
  const element = useRef<HTMLVideoElement>(null)
  const tall = useSignal(false)
  const idle = useIdle()
  const source = player.stream.value
  const told = message()
  useEffect(() => player.attach(element.current!, source), [source])
  useEffect(() => {
    if (!player.measuring) return
    let stop = () => {}
    void import('./more').then(({ begin }) => (stop = begin(element.current!)))
    return () => stop()
  }, [])
  const resized = () => (tall.value = element.current!.videoHeight > element.current!.videoWidth)
  const name = ['stage', told && 'dimmed', tall.value && 'tall', idle.value && !told && 'idle'].filter(Boolean).join(' ')
  return (
    <div class={name} onDblClick={player.toggleFullscreen}>
      <video ref={element} playsinline autoplay aria-label={say('video', { name: player.name })} onResize={resized} onClick={() => player.state.value === 'playing' && player.togglePause()} />
      <Top />
      <div class="centre" role="status">
        {told && <Overlay {...told} />}
      </div>
      {!told && player.refused.value !== 'no' && (
        <button class="button pill" type="button" onClick={player.allow}>
          <Speaker off />
          {say(player.refused.value === 'sound' ? 'tap_sound' : 'tap_play')}
        </button>
      )}
      {player.controls && <Controls />}
    </div>
  )
}

/** Top says what is known of the picture while it plays. */
function Top() {
  const playing = player.state.value === 'playing'
  const behind = player.behind.value
  return (
    <div class="top">
      {playing && (
        <span class="badge">
          <span class={player.paused.value ? 'dot' : 'dot live'} />
          {say(player.paused.value ? 'paused' : 'live')}
        </span>
      )}
      {player.measuring && <output class="badge numbers">{player.measured.value}</output>}
      {playing && !player.measuring && behind !== undefined && (
        <button class={`badge numbers ${behind < 1000 ? 'good' : behind < 3000 ? 'fair' : 'poor'}`} type="button" onClick={toggleDetails}>
          {say('delay', { s: Math.max(0.1, behind / 1000).toFixed(1) })}
        </button>
      )}
      {player.silence.value && (
        <span class="badge fair" role="status">
          {player.silence.value()}
        </span>
      )}
      {player.viewers.value !== undefined && (
        <span class="badge numbers viewers">
          <Eye />
          {say('viewers', { n: player.viewers.value })}
        </span>
      )}
    </div>
  )
}

/** Overlay has a sentence for every state in which nothing moves, so that no wait is mute. */
function Overlay({ what, why, action }: Message) {
  return (
    <div class="overlay">
      <strong>{what}</strong>
      {why && <p>{why}</p>}
      {action === 'key' && <KeyForm />}
      {(action === 'now' || action === 'again') && (
        <button class="button" type="button" onClick={player.again}>
          {common(action)}
        </button>
      )}
      {action === 'play' && (
        <button class="button" type="button" onClick={player.togglePause}>
          <Play />
          {say('play')}
        </button>
      )}
    </div>
  )
}

function KeyForm() {
  const submit = (event: SubmitEvent & { currentTarget: HTMLFormElement }) => {
    event.preventDefault()
    player.enter(String(new FormData(event.currentTarget).get('key')).trim())
  }
  return (
    <form onSubmit={submit}>
      <div class="field">
        <label for="key">{say('key')}</label>
        <input id="key" name="key" type="password" autocomplete="off" required />
      </div>
      <button class="button" type="submit">
        {say('enter')}
      </button>
    </form>
  )
}

function Controls() {
  const paused = player.paused.value
  const silent = player.silent.value
  return (
    <div class="controls">
      {player.seen.value && (
        <Control label={say(paused ? 'play' : 'pause')} letter="K" press={player.togglePause}>
          {paused ? <Play /> : <Pause />}
        </Control>
      )}
      <Control label={say('sound')} letter="M" press={player.toggleSound} pressed={!silent}>
        <Speaker off={silent} />
      </Control>
      <input class="volume" type="range" min="0" max="1" step="0.05" value={player.volume.value} aria-label={say('volume')} onInput={(event) => player.setVolume(event.currentTarget.valueAsNumber)} />
      <span class="space" />
      <Control label={say('quality')} letter="Q" press={openQuality}>
        <Sliders />
      </Control>
      <Control label={say('statistics')} letter="S" press={toggleDetails} pressed={player.details.value}>
        <Numbers />
      </Control>
      {player.seen.value && document.pictureInPictureEnabled && (
        <Control label={say('pip')} letter="I" press={() => void player.togglePictureInPicture()}>
          <Corner />
        </Control>
      )}
      <Control label={say('fullscreen')} letter="F" press={player.toggleFullscreen}>
        <Fullscreen />
      </Control>
    </div>
  )
}

interface ControlProps {
  label: string
  letter: string
  press: () => void
  pressed?: boolean
  children: preact.ComponentChildren
}

function Control({ label, letter, press, pressed, children }: ControlProps) {
  return (
    <button class="control" type="button" aria-label={label} aria-pressed={pressed} aria-keyshortcuts={letter} title={`${label} (${letter})`} onClick={press} onDblClick={(event) => event.stopPropagation()}>
      {children}
    </button>
  )
}

const openQuality = () => (dialog.value = 'quality')
const toggleDetails = () => (player.details.value = !player.details.value)

const actions: Record<string, () => void> = {
  k: player.togglePause,
  ' ': player.togglePause,
  m: player.toggleSound,
  f: player.toggleFullscreen,
  i: () => void player.togglePictureInPicture(),
  q: openQuality,
  s: toggleDetails,
  arrowup: () => player.setVolume(player.volume.value + 0.1),
  arrowdown: () => player.setVolume(player.volume.value - 0.1),
}

/** listenToKeys gives the page its shortcuts; typing and buttons come first. */
export function listenToKeys(): void {
  addEventListener('keydown', (event) => {
    const { target } = event
    if (typing(event) || openDialog(event)) return
    if (event.key === ' ' && target instanceof HTMLElement && target.closest('button, a, summary')) return
    const action = actions[event.key.toLowerCase()]
    if (!action) return
    event.preventDefault()
    action()
  })
}

/** useIdle tells whether the pointer and the keyboard have rested for a while. */
function useIdle() {
  const idle = useSignal(false)
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>
    const awake = () => {
      idle.value = false
      clearTimeout(timer)
      timer = setTimeout(() => (idle.value = true), lingering)
    }
    const events = ['pointermove', 'pointerdown', 'keydown', 'focusin'] as const
    for (const type of events) addEventListener(type, awake)
    awake()
    return () => {
      clearTimeout(timer)
      for (const type of events) removeEventListener(type, awake)
    }
  }, [])
  return idle
}
