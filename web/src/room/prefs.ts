// Tells the server how large each seat is shown here, so that nothing larger is sent.
import { effect, signal } from '@preact/signals'
import { current, link, state } from './session'
import { large, saving, taken } from './view'

const small = matchMedia('(max-width: 640px)')
const hidden = signal(document.hidden)

type Wish = { seat: number; video: 'off' | 'l' | 'm' | 'h'; audio: boolean }

/** begin follows the layout for as long as the page lives. A page that is not looked at takes sound alone. */
export function begin(): void {
  document.addEventListener('visibilitychange', () => (hidden.value = document.hidden))
  let last = ''
  effect(() => {
    if (link.value !== 'joined') {
      last = ''
      return
    }
    const wishes = (state.value?.seats ?? []).map(({ seat }): Wish => ({ seat, video: wish(seat), audio: true }))
    const text = JSON.stringify(wishes)
    if (wishes.length === 0 || text === last) return
    last = text
    current()?.prefer(wishes, saving.value)
  })
}

function wish(seat: number): Wish['video'] {
  if (hidden.value) return 'off'
  if (seat === 0) return 'h'
  if (saving.value) return 'off'
  if (large.value === seat) return 'h'
  if (large.value !== undefined) return 'l'
  const people = taken.value.length
  return people <= 1 ? 'h' : people <= 4 && !small.matches ? 'm' : 'l'
}
