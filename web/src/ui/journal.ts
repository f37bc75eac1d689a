// What has happened on this page, for people who look for a fault.

export interface Entry {
  at: Date
  what: string
}

/** The last events; the oldest go first. An hour of a bad connection fits. */
const most = 200

export const journal: Entry[] = []

/** record notes an event in the words of the code: states and causes. */
export function record(...what: unknown[]): void {
  journal.push({ at: new Date(), what: what.filter(Boolean).join(' ') })
  if (journal.length > most) journal.shift()
}
