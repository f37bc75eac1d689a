// What the address of the page says: which room, and by what right.

/** roomFrom gives the room of `/room/math-7b`; "" when there is none. */
export function roomFrom(path: string): string {
  return /^\/room\/([A-Za-z0-9_-]{1,64})$/.exec(path)?.[1] ?? ''
}

/** Right is how somebody may enter: an invitation of a link, or a token. */
export interface Right {
  invite?: string
  token?: string
  password?: string
}

/**
 * takeRight moves an invitation (`?i=` or `#i=`) or a token (`#t=`) out of the address, where it would be seen on shared
 * screens and stay in the history, into this tab's memory, and gives what this tab has.
 */
export function takeRight(room: string): Right {
  const slot = `lectern.right.${room}`
  const [query, fragment] = [new URLSearchParams(location.search), new URLSearchParams(location.hash.slice(1))]
  const invite = query.get('i') ?? fragment.get('i')
  const token = fragment.get('t')
  const given: Right | undefined = token ? { token } : invite ? { invite } : undefined
  if (given) {
    query.delete('i')
    history.replaceState(history.state, '', location.pathname + (query.size > 0 ? `?${query}` : ''))
    store(slot, JSON.stringify(given))
    return given
  }
  return (read(slot) as Right | undefined) ?? {}
}

/** Session is what a reload needs to go on where it was. */
export interface Session {
  id: string
  key: string
  name: string
  /** The class is over, and was this person's: the report can still be read. */
  taught?: boolean
}

const sessionSlot = (room: string) => `lectern.session.${room}`

export function sessionOf(room: string): Session | undefined {
  return read(sessionSlot(room)) as Session | undefined
}

/** keepSession remembers a session in this tab; undefined forgets it. */
export function keepSession(room: string, session: Session | undefined): void {
  store(sessionSlot(room), session ? JSON.stringify(session) : undefined)
}

function read(slot: string): unknown {
  try {
    return JSON.parse(sessionStorage.getItem(slot) ?? 'null') ?? undefined
  } catch {
    return undefined
  }
}

function store(slot: string, value: string | undefined): void {
  try {
    if (value === undefined) sessionStorage.removeItem(slot)
    else sessionStorage.setItem(slot, value)
  } catch {
    // it is forgotten with this page
  }
}
