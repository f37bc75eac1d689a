import { signal } from '@preact/signals'

interface Toast {
  n: number
  text: string
}

/** Offer is one thing that can be done now, and need not be. */
interface Offer extends Toast {
  word: string
  press: () => void
}

/** At most two at a time, for five seconds each. */
const most = 2
const linger = 5000
/** What a screen reader is told comes together, at most this often, ms. */
const breath = 3000
/** An offer stands longer: it wants to be thought about. */
const standing = 12_000

const toasts = signal<readonly Toast[]>([])
const offered = signal<Offer | undefined>(undefined)
const spoken = signal('')
let count = 0
let waiting: string[] = []
let timer: ReturnType<typeof setTimeout> | undefined

/** toast says something that has happened, to eyes and to screen readers. */
export function toast(text: string): void {
  const one = { n: ++count, text }
  toasts.value = [...toasts.value.filter((other) => other.text !== text), one].slice(-most)
  setTimeout(() => (toasts.value = toasts.value.filter((other) => other !== one)), linger)
  announce(text)
}

/** offer says something, with a button that does something about it; the last one stands. */
export function offer(text: string, word: string, press: () => void): void {
  const one = { n: ++count, text, word, press }
  offered.value = one
  setTimeout(() => withdraw(one), standing)
  announce(text)
}

function withdraw(one: Offer): void {
  if (offered.value === one) offered.value = undefined
}

/** announce tells a screen reader, together with what else happens in these seconds. */
export function announce(text: string): void {
  waiting.push(text)
  timer ??= setTimeout(() => {
    spoken.value = waiting.join(' ')
    waiting = []
    timer = undefined
  }, breath / 10)
  clearLater()
}

let clearing: ReturnType<typeof setTimeout> | undefined

/** The same words twice are only spoken twice when there is silence between them. */
function clearLater(): void {
  clearTimeout(clearing)
  clearing = setTimeout(() => (spoken.value = ''), breath)
}

/** Toasts is what was said lately, what is offered, and the page's one live region. */
export function Toasts() {
  const one = offered.value
  const take = () => {
    withdraw(one!)
    one!.press()
  }
  return (
    <>
      {one && (
        <aside class="toasts offers" aria-label={one.word}>
          <p class="offer">
            <span>{one.text}</span>
            <button class="button small" type="button" onClick={take}>
              {one.word}
            </button>
          </p>
        </aside>
      )}
      <div class="toasts" aria-hidden="true">
        {toasts.value.map(({ n, text }) => (
          <p key={n}>{text}</p>
        ))}
      </div>
      <p class="spoken" role="status">
        {spoken.value}
      </p>
    </>
  )
}
