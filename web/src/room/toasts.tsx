import { signal } from '@preact/signals'

interface Toast {
  n: number
  text: string
}

/** At most two at a time, for five seconds each. */
const most = 2
const linger = 5000
/** What a screen reader is told comes together, at most this often, ms. */
const breath = 3000

const toasts = signal<readonly Toast[]>([])
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

/** Toasts is what was said lately, and the page's one live region. */
export function Toasts() {
  return (
    <>
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
