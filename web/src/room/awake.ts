// A phone stays awake while somebody looks at a class.
import { effect, signal } from '@preact/signals'
import { phase } from './session'

const visible = signal(!document.hidden)
let lock: WakeLockSentinel | undefined

/** begin keeps the screen on inside the room, where the browser can. */
export function begin(): void {
  document.addEventListener('visibilitychange', () => (visible.value = !document.hidden)) // hiding a page ends its lock
  effect(() => {
    const wanted = phase.value === 'inside' && visible.value
    if (!wanted) {
      void lock?.release().catch(() => undefined)
      lock = undefined
      return
    }
    void navigator.wakeLock?.request('screen').then(
      (got) => (lock = got),
      () => undefined, // a low battery
    )
  })
}
