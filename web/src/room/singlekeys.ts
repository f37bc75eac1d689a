import { signal } from '@preact/signals'
import { recall, remember } from '../ui/memory'

/** Letters alone do something. Who speaks to the computer, or types with one hand, turns it off. */
export const singleKeys = signal(recall('lectern.keys') !== 'off')

export function toggleSingleKeys(): void {
  singleKeys.value = !singleKeys.value
  remember('lectern.keys', singleKeys.value ? 'on' : 'off')
}
