// Tells somebody who speaks into a microphone that is off. Nothing of it leaves this browser: a copy of the track is measured
// here, and only while there is a seat on stage whose microphone was open before.
import { computed, effect } from '@preact/signals'
import { say } from '../text/room'
import { meter } from '../ui/meter'
import { toggleMic } from './actions'
import { mic, micOn } from './devices'
import { onStage, state } from './session'
import { offer, toast } from './toasts'

/** So loud is somebody who speaks, and not a keyboard or a chair. */
const speech = 0.55
/** This many measurements of one second, of ten, have to be as loud. */
const enough = 6
const second = 10
/** It is not said again for so long, ms. */
const quiet = 30_000

/** Speech counts how much of the last second was loud. */
export class Speech {
  #last: boolean[] = []

  /** hears tells whether somebody speaks, after one more measurement. */
  hears(level: number): boolean {
    this.#last = [...this.#last, level > speech].slice(-second)
    return this.#last.filter(Boolean).length >= enough
  }
}

let said = -quiet

/** begin listens for as long as the page lives. */
export function begin(): void {
  const listening = computed(() => (onStage.value && !micOn.value && mic.value?.readyState === 'live' ? mic.value : undefined))
  effect(() => {
    const track = listening.value
    if (!track) return
    const copy = track.clone()
    copy.enabled = true
    const heard = new Speech()
    const stop = meter(copy, (level) => {
      if (!heard.hears(level) || performance.now() - said < quiet) return
      said = performance.now()
      tell()
    })
    return () => {
      stop()
      copy.stop()
    }
  })
}

function tell(): void {
  const held = state.value?.muted.audio
  if (held && (held.blocked || held.ask)) toast(say('talking.held'))
  else offer(say('talking'), say('asked.yes'), toggleMic)
}
