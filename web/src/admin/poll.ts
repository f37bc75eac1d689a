import { signal, type Signal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import type { Problem } from '../lib/problem'
import { get } from './api'

/** Polled is what the server has said last, and what went wrong since. */
export interface Polled<T> {
  data: Signal<T | undefined>
  problem: Signal<Problem | undefined>
  /** Asks at once. */
  again: () => Promise<void>
}

/** How often a server that does not answer is asked again, in milliseconds. */
const retry = 4000

/** usePoll asks for something every so many milliseconds while somebody looks at it. A path that changes is asked for at once. */
export function usePoll<T>(path: string, every: number): Polled<T> {
  const polled = useMemo(() => {
    const data = signal<T | undefined>(undefined)
    const problem = signal<Problem | undefined>(undefined)
    let asking: Promise<void> | undefined
    const once = async () => {
      try {
        data.value = await get<T>(path)
        problem.value = undefined
      } catch (error) {
        problem.value = error as Problem
      }
      asking = undefined
    }
    return { data, problem, again: () => (asking ??= once()) }
  }, [path])
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>
    let over = false
    const round = async () => {
      if (!document.hidden) await polled.again()
      if (!over) timer = setTimeout(() => void round(), polled.problem.value ? Math.min(retry, every) : every)
    }
    void round()
    return () => {
      over = true
      clearTimeout(timer)
    }
  }, [polled, every])
  return polled
}
