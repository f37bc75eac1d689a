// The keys of a room: single letters, which do nothing while somebody writes.
import { openDialog, typing } from '../ui/dialogs'
import { talk, toggleBoard, toggleCamera, toggleFullscreen, toggleHand, toggleMic, toggleShare } from './actions'
import { inviteNext } from './hands'
import { muteAll } from './moderation'
import { hide, overlaid, show } from './panels'
import * as session from './session'
import { singleKeys } from './singlekeys'
import { open } from './sheets'
import { pin, switchView } from './view'

/** openChat leads to the line to write on, or closes the chat. */
function openChat(): void {
  show('chat', true)
  requestAnimationFrame(() => document.querySelector<HTMLElement>('.writing textarea')?.focus())
}

const actions: Record<string, () => void> = {
  m: toggleMic,
  M: muteAll,
  v: toggleCamera,
  h: toggleHand,
  c: openChat,
  p: () => show('people', true),
  l: () => session.staff.value && show('people'),
  s: toggleShare,
  b: toggleBoard,
  g: switchView,
  f: toggleFullscreen,
  n: inviteNext,
  ',': () => (open.value = session.staff.value ? { what: 'class' } : { what: 'devices' }),
}

/** listen gives the page its keys. */
export function listen(): void {
  addEventListener('keydown', (event) => {
    if (session.phase.value !== 'inside' || typing(event) || openDialog(event) || !singleKeys.value) return
    if (event.key === ' ' && resting(event)) {
      event.preventDefault()
      if (!event.repeat) talk(true)
    }
    if (event.repeat || document.querySelector('dialog[open]')) return
    if (/^[1-9]$/.test(event.key)) return pin(Number(event.key))
    if (event.key === 'Escape') return overlaid() ? hide() : undefined
    const action = actions[event.key] ?? (event.shiftKey ? undefined : actions[event.key.toLowerCase()])
    if (!action) return
    event.preventDefault()
    action()
  })
  addEventListener('keyup', (event) => {
    if (event.key === ' ' && session.phase.value === 'inside' && singleKeys.value && resting(event)) talk(false)
  })
}

/** Space belongs to the button that has the focus, if one has. */
const resting = ({ target }: KeyboardEvent) => target === document.body || (target instanceof Element && target.matches('.stage, .stage *') && !target.closest('button, a'))
