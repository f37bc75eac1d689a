// The figures of the server over time, column by column, and what charts make of them.

export interface Table {
  step_seconds: number
  /** Seconds since 1970, growing. */
  at: number[]
  /** Counts in which nothing happened are left out; null is not known. */
  columns: Record<string, (number | null)[]>
}

export type Span = '1h' | '24h'

/** How far back each goes, in seconds. */
export const lengths: Record<Span, number> = { '1h': 3600, '24h': 86_400 }

/** merge puts newer rows behind those that are known, and lets go of what is older than length seconds. */
export function merge(known: Table | undefined, newer: Table, length: number): Table {
  if (!known) return newer
  const last = known.at.at(-1) ?? 0
  const fresh = newer.at.findIndex((at) => at > last)
  const skip = fresh < 0 ? newer.at.length : fresh
  const all = [...known.at, ...newer.at.slice(skip)]
  const oldest = (all.at(-1) ?? 0) - length
  const from = Math.max(all.findIndex((at) => at > oldest), 0)
  const columns: Table['columns'] = {}
  for (const name of new Set([...Object.keys(known.columns), ...Object.keys(newer.columns)])) {
    columns[name] = [...column(known, name), ...column(newer, name).slice(skip)].slice(from)
  }
  return { step_seconds: newer.step_seconds, at: all.slice(from), columns }
}

/** column gives the values of a column, zeros for one that is left out. */
export function column(table: Table, name: string): (number | null)[] {
  return table.columns[name] ?? Array<number>(table.at.length).fill(0)
}

/** sums gives the columns whose names begin so, each with its sum, the largest first, without those that are zero. */
export function sums(table: Table, prefix: string): [name: string, sum: number][] {
  return Object.entries(table.columns)
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, values]): [string, number] => [name.slice(prefix.length), values.reduce<number>((sum, value) => sum + (value ?? 0), 0)])
    .filter(([, sum]) => sum > 0)
    .sort(([, a], [, b]) => b - a)
}

/** total adds up the columns whose names begin so, row by row. */
export function total(table: Table, prefix: string): number[] {
  const rows = Array<number>(table.at.length).fill(0)
  for (const [name, values] of Object.entries(table.columns)) {
    if (name.startsWith(prefix)) values.forEach((value, i) => (rows[i]! += value ?? 0))
  }
  return rows
}

/** share gives what part of whole, in per cent; null where there is nothing to have a part of. */
export function share(part: (number | null)[], whole: (number | null)[]): (number | null)[] {
  return part.map((value, i) => {
    const all = whole[i]
    return value === null || !all ? null : Math.min(100, Math.max(0, (100 * value) / all))
  })
}

/** lossIn is what got lost for good on the way to the server: gaps less what came into them. */
export function lossIn(table: Table): (number | null)[] {
  const missing = column(table, 'packets_missing')
  const recovered = column(table, 'packets_recovered')
  const got = column(table, 'packets_in')
  const lost = missing.map((value, i) => (value ?? 0) - (recovered[i] ?? 0))
  return share(lost, got.map((value, i) => (value ?? 0) && (value ?? 0) + Math.max(0, lost[i]!)))
}

/** lossOut is what viewers have asked for again. */
export function lossOut(table: Table): (number | null)[] {
  return share(column(table, 'packets_nacked'), column(table, 'packets_out'))
}
