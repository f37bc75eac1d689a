import { computed, signal } from '@preact/signals'
import { say } from '../text/room'
import { recall, remember } from '../ui/memory'
import { listen, me } from './session'
import { announce } from './toasts'

/** What stands beside the stage. */
export type Panel = 'chat' | 'people' | 'hands' | 'polls'

const wide = matchMedia('(min-width: 1100px)')

/** The panel that was chosen, and whether it is open: on a desk from the start, on a phone when it is asked for. */
export const panel = signal<Panel>((recall('lectern.panel') as Panel | undefined) ?? 'chat')
export const panelOpen = signal(wide.matches)
export const chatVisible = computed(() => panelOpen.value && panel.value === 'chat')

/** Messages that came while the chat was not in sight. */
export const unread = signal(0)

/** show opens a panel; with toggle it closes the one that is open. */
export function show(next: Panel, toggle = false): void {
  const again = panelOpen.value && panel.value === next
  panel.value = next
  remember('lectern.panel', next)
  panelOpen.value = !(toggle && again)
  if (chatVisible.value) unread.value = 0
}

/** overlaid tells whether a panel lies over the stage, instead of beside it. */
export const overlaid = () => panelOpen.value && !wide.matches

export function hide(): void {
  panelOpen.value = false
}

let fresh = 0
let timer: ReturnType<typeof setTimeout> | undefined

listen<{ member: string }>('chat.message', ({ member }) => {
  if (member === me.value?.member) return
  if (!chatVisible.value) unread.value++
  fresh++
  timer ??= setTimeout(() => {
    announce(say('chat.new', { n: fresh }))
    fresh = 0
    timer = undefined
  }, 3000)
})
