/** Flight is one line on its way across: when it set out, how wide it and the sky are, and how long it takes, ms. One that stands is endless. */
export interface Flight {
  at: number
  width: number
  sky: number
  flight: number
}

/**
 * freeLane finds the first of the rows in which a line catches up with no other, and takes it; undefined when there is none.
 * A longer line is faster, for all take the same time.
 */
export function freeLane(lanes: (Flight | undefined)[], rows: readonly number[], next: Flight): number | undefined {
  const row = rows.find((row) => clear(lanes[row], next))
  if (row !== undefined) lanes[row] = next
  return row
}

function clear(before: Flight | undefined, next: Flight): boolean {
  if (!before) return true
  const speed = (one: Flight) => (one.sky + one.width) / one.flight
  const gone = next.at - before.at
  if (gone >= before.flight) return true
  if (before.width === Infinity || next.width === Infinity) return false
  const entered = gone * speed(before) > before.width // its end is on the stage
  const arrives = next.sky / speed(next) // until the next one's head is at the other edge
  return entered && gone + arrives >= before.flight
}
