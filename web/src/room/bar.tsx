import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { say } from '../text/room'
import { stepDown, toggleBoard, toggleCamera, toggleFullscreen, toggleHand, toggleMic, toggleShare } from './actions'
import { cameraOn, micOn, screenOn } from './devices'
import { Icon, type IconName } from './icons'
import { panel, panelOpen, show, unread, type Panel } from './panels'
import { Faces } from './reactions'
import * as session from './session'
import { open } from './sheets'
import { boardOpen, large, switchView } from './view'

/** Phones' browsers share no screen. */
const sharable = navigator.mediaDevices?.getDisplayMedia !== undefined

/** Bar holds what one can do. In the audience there is no camera and no microphone on it. */
export function Bar() {
  const state = session.state.value!
  const staged = session.onStage.value
  return (
    <nav class="controls" aria-label={say('controls')}>
      {staged && (
        <>
          <Control label={say(micOn.value ? 'mic.off' : 'mic.on')} word={say('mic')} letter="M" on={micOn.value} kind={micOn.value ? 'on' : 'off'} press={toggleMic}>
            <Icon name={micOn.value ? 'mic' : 'mic_off'} />
          </Control>
          <Control label={say(cameraOn.value ? 'camera.off' : 'camera.on')} word={say('camera')} letter="V" on={cameraOn.value} kind={cameraOn.value ? 'on' : 'off'} press={toggleCamera}>
            <Icon name={cameraOn.value ? 'camera' : 'camera_off'} />
          </Control>
        </>
      )}
      {!staged && (session.may('stage') || state.room.policy.stage === 'free') && (
        <Control label={say('reserved')} word={say('stage')} letter="M" press={() => (open.value = { what: 'stage' })}>
          <Icon name="camera" />
        </Control>
      )}
      {session.may('screen') && staged && sharable && (
        <Control label={say(screenOn.value ? 'share.off' : 'share.on')} word={say('share')} letter="S" on={screenOn.value} press={toggleShare}>
          <Icon name="screen" />
        </Control>
      )}
      {session.may('hand') && !staged && (
        <Control label={say(state.hand.raised ? 'hand.down' : 'hand.up')} word={say('hand')} count={state.hand.pos} letter="H" on={state.hand.raised} press={toggleHand}>
          <Icon name="hand" />
        </Control>
      )}
      {session.may('react') && <React />}
      <Control label={say(boardOpen.value ? 'board.close' : 'board.open')} word={say('board')} letter="B" on={boardOpen.value} press={toggleBoard}>
        <Icon name="board" />
      </Control>
      <Control label={say(large.value === undefined ? 'layout.content' : 'layout.grid')} word={say('layout')} letter="G" kind="wide-only" press={switchView}>
        <Icon name="grid" />
      </Control>
      <Control word={say('fullscreen')} letter="F" kind="wide-only" press={toggleFullscreen}>
        <Icon name="full" />
      </Control>
      {staged && (
        <Control word={say('step_down')} kind="wide-only" press={() => void stepDown()}>
          <Icon name="close" />
        </Control>
      )}
      <span class="space" />
      <PanelButton to="chat" icon="chat" letter="C" count={unread.value} />
      <PanelButton to="people" icon="people" letter="P" count={state.lobby.length} />
      {session.staff.value && <PanelButton to="hands" icon="hand" kind="wide-only" count={state.queue.length} />}
      <PanelButton to="polls" icon="poll" kind={session.staff.value ? 'wide-only' : ''} count={session.staff.value ? 0 : state.polls.filter((poll) => poll.state === 'open' && !poll.mine).length} />
      <Control word={say('leave')} kind="leave" press={session.leave}>
        <Icon name="leave" />
      </Control>
    </nav>
  )
}

interface PanelProps {
  to: Panel
  icon: IconName
  letter?: string
  count: number
  kind?: string
}

function PanelButton({ to, icon, ...more }: PanelProps) {
  const words = { chat: 'chat', people: 'people.tab', hands: 'hands', polls: 'polls' } as const
  return (
    <Control word={say(words[to])} {...more} on={panelOpen.value && panel.value === to} press={() => show(to, true)}>
      <Icon name={icon} />
    </Control>
  )
}

interface ControlProps {
  /** What stands below. */
  word: string
  /** What a press does now, when that is more. */
  label?: string
  /** How many things wait there. */
  count?: number
  letter?: string
  on?: boolean
  kind?: string
  press: () => void
  children: ComponentChildren
}

function Control({ label = '', word, count = 0, letter, on, kind = '', press, children }: ControlProps) {
  const name = [count > 0 ? `${word} ${count}` : word, label].filter(Boolean).join(', ')
  return (
    <button class={`control ${kind}`} type="button" aria-label={name} aria-pressed={on} aria-keyshortcuts={letter || undefined} title={letter ? `${label || word} (${letter})` : label || word} onClick={press}>
      {children}
      <span class="word" aria-hidden="true">
        {word}
      </span>
      {count > 0 && ' '}
      {count > 0 && (
        <span class="count" aria-hidden="true">
          {count}
        </span>
      )}
    </button>
  )
}

function React() {
  const choosing = useSignal(false)
  useEffect(() => {
    if (!choosing.value) return
    const away = (event: Event) => {
      if (event instanceof KeyboardEvent ? event.key === 'Escape' : !(event.target as Element).closest('.react')) choosing.value = false
    }
    addEventListener('pointerdown', away)
    addEventListener('keydown', away)
    return () => {
      removeEventListener('pointerdown', away)
      removeEventListener('keydown', away)
    }
  }, [choosing.value])
  return (
    <span class="react">
      {choosing.value && <Faces done={() => (choosing.value = false)} />}
      <button class="control" type="button" aria-label={say('react')} aria-haspopup="true" aria-expanded={choosing.value} onClick={() => (choosing.value = !choosing.value)}>
        <Icon name="smile" />
        <span class="word" aria-hidden="true">
          {say('react')}
        </span>
      </button>
    </span>
  )
}
