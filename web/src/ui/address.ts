// What the address of a page says: which stream, and with which key.

/** Names of streams: one to four parts of letters, digits, - and _. */
const pattern = /^[A-Za-z0-9_-]{1,64}(\/[A-Za-z0-9_-]{1,64}){0,3}$/

export function validName(name: string): boolean {
  return pattern.test(name)
}

/** nameFrom gives what stands behind a page's own part of the path: `cam1` of `/watch/cam1`; "" when nothing does. */
export function nameFrom(path: string, page: string): string {
  return path.startsWith(`/${page}/`) ? path.slice(page.length + 2).replace(/\/$/, '') : ''
}

const slot = 'lectern.key'

/**
 * takeKey moves a key out of the fragment (`#k=…`), where it would stay in the history and on shared screens, into
 * this tab's memory, and gives the key this tab has.
 */
export function takeKey(): string {
  const key = new URLSearchParams(location.hash.slice(1)).get('k')
  if (key !== null) {
    rememberKey(key)
    history.replaceState(history.state, '', location.pathname + location.search)
  }
  try {
    return sessionStorage.getItem(slot) ?? kept
  } catch {
    return kept
  }
}

/** What a page knows whose storage is forbidden: in a frame of another site, most often. */
let kept = ''

export function rememberKey(key: string): void {
  kept = key
  try {
    sessionStorage.setItem(slot, key)
  } catch {
    // it is forgotten with this page
  }
}
