import type { ComponentChildren } from 'preact'
import { say } from '../text/admin'
import { common } from '../text/frame'
import { Notice } from '../ui/notice'
import type { Polled } from './poll'
import { failure } from './words'

/** Shown is what there is of an answer: itself, that it may be old, why there is none, or that it comes. */
export function Shown<T>({ of, children }: { of: Polled<T>; children: (data: T) => ComponentChildren }) {
  const data = of.data.value
  const problem = of.problem.value
  return (
    <>
      {problem && <Notice what={say(data === undefined ? 'failed' : 'stale')} why={failure(problem)} button={common('now')} onPress={() => void of.again()} />}
      {data === undefined ? !problem && <p class="muted">{say('looking')}</p> : <div class={problem ? 'part stale' : 'part'}>{children(data)}</div>}
    </>
  )
}

/** Empty says that there is nothing, and what to do about it. */
export function Empty({ what, why, children }: { what: string; why?: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <strong>{what}</strong>
      {why && <p class="muted">{why}</p>}
      {children}
    </div>
  )
}

/** Rows is a table, which a phone shows as a card a row. */
export function Rows({ label, head, children }: { label: string; head: readonly string[]; children: ComponentChildren }) {
  return (
    <table class="rows" aria-label={label}>
      <thead>
        <tr>
          {head.map((text) => (
            <th key={text} scope="col">
              {text}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  )
}

/** Cell is one of them; label is what a phone puts before it. */
export function Cell({ label, numbers = false, children }: { label: string; numbers?: boolean; children: ComponentChildren }) {
  return (
    <td data-label={label} class={numbers ? 'numbers' : undefined}>
      <div>{children}</div>
    </td>
  )
}
