import { signal } from '@preact/signals'
import type { Member } from '../lib/room'

/** What is open over the room, one at a time. */
export type Open = { what: 'stage' } | { what: 'share' } | { what: 'class' } | { what: 'report' } | { what: 'devices' } | { what: 'kick'; who: Member } | { what: 'person'; who: Member } | { what: 'swap'; who: Member } | undefined

export const open = signal<Open>(undefined)
export const close = () => (open.value = undefined)
