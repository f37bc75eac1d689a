// How this page asks the server: by the owner's cookie, which scripts cannot read, and with what only this page knows.
import { signal } from '@preact/signals'
import { Problem, problemOf } from '../lib/problem'
import type { Call } from './call'

export interface Login {
  identity: string
  csrf: string
  until: string
  idle_seconds: number
}

/** Who is logged in: undefined until the server has said so, null is nobody. */
export const login = signal<Login | null | undefined>(undefined)
/** Somebody was logged in, and is not any more without having said so. */
export const ended = signal(false)

/** How long one request may take. */
const patience = 15_000
/** For how long after a press or a key a person counts as there: an open page alone does not keep anybody logged in. */
const presence = 60_000

let person = Date.now()
for (const type of ['pointerdown', 'keydown']) addEventListener(type, () => (person = Date.now()), { capture: true, passive: true })

/** ask makes a request and gives the answer. Rejects with a Problem. */
export async function ask<T>({ method, path, body }: Call, time = patience): Promise<T> {
  const there = method !== 'GET' || Date.now() - person < presence
  const headers: Record<string, string> = {
    ...(body && { 'Content-Type': 'application/json' }),
    ...(there && login.value && { 'Lectern-CSRF': login.value.csrf }),
  }
  let response: Response
  try {
    response = await fetch(`/api/v1/${path}`, { method, headers, signal: AbortSignal.timeout(time), ...(body && { body: JSON.stringify(body) }) })
  } catch (error) {
    throw new Problem('unavailable', String(error))
  }
  if (!response.ok) {
    if (response.status === 401 && login.value) forget()
    throw await problemOf(response)
  }
  const text = await response.text()
  return (text ? JSON.parse(text) : undefined) as T
}

export const get = <T>(path: string, time?: number) => ask<T>({ method: 'GET', path }, time)

function forget(): void {
  ended.value = true
  login.value = null
}

/** resume finds out who is logged in. Rejects with a Problem. */
export async function resume(): Promise<void> {
  const answer = await get<{ login: Login | null }>('login')
  if (login.value && !answer.login) forget()
  else login.value = answer.login
}

/** enter logs in with a key. Rejects with a Problem. */
export async function enter(key: string): Promise<void> {
  const answer = await ask<{ login: Login }>({ method: 'POST', path: 'login', body: { key } })
  ended.value = false
  login.value = answer.login
}

/** leave logs out, also when the server does not answer. */
export async function leave(): Promise<void> {
  await ask({ method: 'DELETE', path: 'login' }).catch(() => undefined)
  ended.value = false
  login.value = null
}

/** takeFragmentKey gives the key of a link (`#k=…`), once: it stays neither in the address nor in the history. */
export function takeFragmentKey(): string {
  const key = new URLSearchParams(location.hash.slice(1)).get('k')
  if (key === null) return ''
  history.replaceState(history.state, '', location.pathname + location.search)
  return key
}
