import { useEffect, useRef } from 'preact/hooks'
import { sharing } from '../lib/room'
import { autoplay } from '../ui/autoplay'
import * as session from './session'
import { soundRefused } from './view'

/**
 * Sound is what is heard of all seats: an element each, which stays for as long as the room does, so that browsers that
 * allowed one sound allow the next. Elements for pictures would wait with the sound for the first picture.
 */
export function Sound() {
  const { seats } = session.state.value!
  return (
    <>
      {seats.map(({ seat }) => (
        <Voice key={seat} seat={seat} />
      ))}
    </>
  )
}

/** What this person sends is not played back to this person. */
function Voice({ seat }: { seat: number }) {
  const audio = useRef<HTMLAudioElement>(null)
  const state = session.state.value!
  const own = seat === 0 ? sharing(state) : state.seats[seat]?.member?.id === state.self.member
  const track = session.stream(seat)?.getAudioTracks()[0]
  useEffect(() => {
    audio.current!.srcObject = track ? new MediaStream([track]) : null
  }, [track])
  useEffect(() => {
    if (!track) return
    if (own) audio.current!.muted = true
    else void autoplay(audio.current!, false).then((result) => (soundRefused.value ||= result === 'sound' || result === 'all'))
  }, [track, own])
  return <audio class="voice" ref={audio} data-seat={seat} data-own={own} />
}

/** allowSound plays all sound: called by a click. */
export function allowSound(): void {
  soundRefused.value = false
  for (const audio of document.querySelectorAll<HTMLAudioElement>('audio.voice')) {
    audio.muted = audio.dataset['own'] === 'true'
    void audio.play().catch(() => undefined) // nothing there to play yet
  }
}
