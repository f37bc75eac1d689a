// How the stage is arranged here: what everybody is shown, unless this person wants it otherwise.
import { computed, effect, signal } from '@preact/signals'
import { listen, state } from './session'

/** The place of the whiteboard among the tiles. */
export const board = -1

export const boardOpen = signal(false)
/** A seat that this person keeps large. */
export const pinned = signal<number | undefined>(undefined)
/** This person wants tiles of one size, or the content large, whatever the room shows. */
export const wanted = signal<'grid' | 'content' | undefined>(undefined)
/** The browser plays no sound before a click. */
export const soundRefused = signal(false)
/** Only sound and content: for a weak connection. */
export const saving = signal(false)

/** The seats that are taken, content first. */
export const taken = computed(() => (state.value?.seats ?? []).filter((seat) => seat.state !== 'free'))

/** The seat that is large, or the board; undefined when all are of one size. */
export const large = computed<number | undefined>(() => {
  const now = state.value
  if (!now) return undefined
  const there = (seat: number | undefined) => seat !== undefined && (seat === board ? boardOpen.value : taken.value.some((one) => one.seat === seat))
  if (there(pinned.value)) return pinned.value
  const { spotlight, mode } = now.room.layout
  const lit = spotlight ? taken.value.find(({ seat, member }) => seat > 0 && member?.id === spotlight)?.seat : undefined
  if (lit !== undefined) return lit
  if ((wanted.value ?? mode) === 'grid') return undefined
  return [board, 0].find(there)
})

/** pin keeps a seat large, or no longer does. */
export function pin(seat: number): void {
  pinned.value = pinned.value === seat ? undefined : seat
}

/** switchView changes between tiles of one size and large content, for this person. */
export function switchView(): void {
  pinned.value = undefined
  wanted.value = large.value === undefined ? 'content' : 'grid'
}

// A board that somebody draws on for the first time is worth seeing.
let opened = false
const unroll = () => {
  if (!opened) boardOpen.value = true
  opened = true
}
listen('board.live', unroll)
listen('board.ops', unroll)
effect(() => {
  if ((state.value?.boards[0]?.ver ?? 0) > 0) unroll()
})
