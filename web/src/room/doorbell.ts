// Tells staff that somebody waits to be let in, again and again while nobody is: a teacher looks at the class.
import { effect } from '@preact/signals'
import { say } from '../text/room'
import { staff, state } from './session'
import { toast } from './toasts'

/** How long until it rings again, ms. */
const again = 30_000
/** The pitch of the two notes, Hz, and how loud they are. */
const notes = [660, 880] as const
const loudness = 0.05

let known = new Set<string>()
let timer: ReturnType<typeof setInterval> | undefined

/** begin rings for as long as the page lives. */
export function begin(): void {
  effect(() => {
    const waiting = staff.value ? (state.value?.lobby ?? []) : []
    const fresh = waiting.find(({ member }) => !known.has(member))
    known = new Set(waiting.map(({ member }) => member))
    if (waiting.length === 0) {
      clearInterval(timer)
      timer = undefined
    } else timer ??= setInterval(ring, again)
    if (!fresh) return
    ring()
    toast(say('lobby.came', { name: fresh.name }))
  })
}

function ring(): void {
  const context = new AudioContext()
  notes.forEach((pitch, i) => {
    const [tone, volume] = [context.createOscillator(), context.createGain()]
    const at = context.currentTime + i * 0.18
    tone.frequency.value = pitch
    volume.gain.setValueAtTime(loudness, at)
    volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.4)
    tone.connect(volume).connect(context.destination)
    tone.start(at)
    tone.stop(at + 0.4)
  })
  setTimeout(() => void context.close(), 1000)
}
