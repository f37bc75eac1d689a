// What people who report a problem hand on.
import { language } from '../text/language'
import { journal } from './journal'

/** Subject is what a page has to say about itself. */
export interface Subject {
  /** The present connection, which may be another one later. */
  pc?: () => RTCPeerConnection | undefined
  /** What the page itself knows. */
  stats?: () => Promise<object>
}

/** written gives all there is as text. The address is told without its fragment, where keys are. */
export async function written({ pc, stats }: Subject): Promise<string> {
  const { protocol, host, pathname } = location
  const page = { page: `${protocol}//${host}${pathname}`, at: new Date().toISOString(), browser: navigator.userAgent, language: language.value }
  const report = [...((await pc?.()?.getStats()) ?? new Map<string, unknown>()).values()]
  return JSON.stringify({ ...page, ...(await stats?.()), events: journal, report }, null, 1)
}
