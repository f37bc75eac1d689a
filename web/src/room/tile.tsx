import { useSignal, type Signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { halted, unheard, type Seat } from '../lib/room'
import { short } from '../lib/names'
import { say } from '../text/room'
import { camera } from './devices'
import { Icon } from './icons'
import * as session from './session'
import { announce } from './toasts'
import { large, pin, pinned } from './view'

/** Tile is one seat: its picture or its name, and what there is to know of it. */
export function Tile({ seat }: { seat: Seat }) {
  const state = session.state.value!
  const { member } = seat
  const content = seat.seat === 0
  const name = member?.name ?? (seat.stream ? short(seat.stream) : '')
  const mine = !content && member?.id === state.self.member
  const speaking = !content && member && seat.audio && state.speaking[member.id] !== undefined
  const weak = member && state.quality.find((one) => one.member === member.id && one.score !== 'good')
  const loaded = useSignal(false)
  const away = halted(seat)
  const who = name || say('content')
  useTold(away && !mine, say('seat_reconnecting.who', { name: who }), say('seat_back', { name: who }))
  const silent = unheard(seat)
  useTold(silent, say(mine ? 'mic.unheard' : 'mic.unheard.of', { name }), say(mine ? 'mic.heard' : 'mic.heard.of', { name }))
  const picture = seat.video === true && loaded.value && (mine ? camera.value !== undefined : state.shown[seat.seat] === seat.epoch)
  const kind = ['tile', content && 'content', large.value === seat.seat && 'large', speaking && !away && 'speaking', seat.state, away && 'away', mine && 'mine'].filter(Boolean).join(' ')
  return (
    <figure class={kind} data-seat={seat.seat} onDblClick={() => pin(seat.seat)}>
      <Picture seat={seat} mine={mine} shown={picture} loaded={loaded} label={content ? say('content') : name} />
      {!picture && (
        <span class="face" aria-hidden="true">
          {content ? <Icon name="screen" /> : initials(name)}
        </span>
      )}
      <figcaption>
        <span class="who">
          {content && name ? say('content.of', { name }) : name}
          {mine && ` (${say('you')})`}
        </span>
        {member && member.role !== 'student' && !content && <span class="role">{say(member.role)}</span>}
        {!content && !seat.stream && !seat.audio && seat.state !== 'reserved' && (
          <span class="mark off" title={say('mic_off')}>
            <Icon name="mic_off" />
            <span class="spoken">{say('mic_off')}</span>
          </span>
        )}
        {speaking && <span class="spoken">{say('speaking')}</span>}
        {member && state.queue.some((hand) => hand.member === member.id) && (
          <span class="mark" title={say('hand_up')}>
            <Icon name="hand" />
          </span>
        )}
        {silent && <span class="weak">{say('mic.unheard.short')}</span>}
        {weak && weak.member !== state.self.member && <span class="weak">{say('quality.other')}</span>}
      </figcaption>
      {seat.state === 'reserved' && <span class="between">{say('seat_reserved')}</span>}
      {away && <span class="between">{mine || !name ? say('seat_reconnecting') : say('seat_reconnecting.who', { name })}</span>}
      {session.staff.value && (seat.stream || (content && member?.id !== state.self.member)) && (
        <button class="pin off-stage" type="button" aria-label={say('do.take_off', { name: name || say('content') })} title={say('do.take_off', { name: name || say('content') })} onClick={() => void session.ask('stage.remove', { seat: seat.seat })}>
          <Icon name="close" />
        </button>
      )}
      <button class="pin" type="button" aria-pressed={pinned.value === seat.seat} aria-label={say(pinned.value === seat.seat ? 'unpin' : 'pin', { name: name || say('content') })} onClick={() => pin(seat.seat)}>
        <Icon name="pin" />
      </button>
    </figure>
  )
}

/** useTold tells who does not see the stage that something begins, and that it is over. */
function useTold(now: boolean, begins: string, ends: string): void {
  const before = useRef(false)
  useEffect(() => {
    if (now) announce(begins)
    else if (before.current) announce(ends)
    before.current = now
  }, [now])
}

interface PictureProps {
  seat: Seat
  mine: boolean
  shown: boolean
  /** There is something to show. */
  loaded: Signal<boolean>
  label: string
}

/** Picture plays what is to be seen of a seat: one's own comes straight from the camera. */
function Picture({ seat, mine, shown, loaded, label }: PictureProps) {
  const video = useRef<HTMLVideoElement>(null)
  const track = mine ? camera.value : session.stream(seat.seat)?.getVideoTracks()[0]
  useEffect(() => {
    loaded.value = false
    video.current!.srcObject = track ? new MediaStream([track]) : null
  }, [track])
  return <video ref={video} class={shown ? '' : 'unseen'} playsinline autoplay muted aria-label={label} onLoadedData={() => (loaded.value = true)} />
}

function initials(name: string): string {
  const words = name.trim().split(/\s+/)
  return [words[0], words.length > 1 ? words.at(-1) : ''].map((word) => [...(word ?? '')][0] ?? '').join('')
}
