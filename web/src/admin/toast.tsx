import { signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { Problem } from '../lib/problem'
import { ask } from './api'
import type { Call } from './call'
import { failure } from './words'

/** How long a word about what was done stays. */
const stay = 5000

const said = signal('')
let timer: ReturnType<typeof setTimeout>

/** tell says in a few words what was done. */
export function tell(text: string): void {
  said.value = text
  clearTimeout(timer)
  timer = setTimeout(() => (said.value = ''), stay)
}

/** act does at once what can be done again or undone, and says how it went. */
export async function act(call: Call, done: string): Promise<void> {
  try {
    await ask(call)
    tell(done)
  } catch (error) {
    tell(failure(error as Problem))
  }
}

/** Toast stands before everything, dialogs too, where the browser can do that (popovers). */
export function Toast() {
  const element = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const place = element.current
    if (!place?.showPopover) return
    if (place.matches(':popover-open')) place.hidePopover() // above a dialog that was opened since
    if (said.value) place.showPopover()
  }, [said.value])
  return (
    <div ref={element} class="toast" role="status" popover="manual">
      {said.value && <p>{said.value}</p>}
    </div>
  )
}
