import { signal, useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import type { Problem } from '../lib/problem'
import { say } from '../text/admin'
import { CopyButton } from '../ui/frame'
import { Modal } from '../ui/modal'
import { ask } from './api'
import { curl, type Call } from './call'
import { failure } from './words'

/** Dialog stands before the page until it is closed, and then gives the focus back. */
export function Dialog({ title, side = false, close, children }: { title: string; side?: boolean; close: () => void; children: ComponentChildren }) {
  return (
    <Modal title={title} label={say('close')} kind={side ? 'side' : ''} close={close}>
      {children}
    </Modal>
  )
}

/** Curl shows how to make a call without this page. */
export function Curl({ call }: { call: Call }) {
  const text = curl(call)
  return (
    <div class="curl">
      <pre tabIndex={0}>{text}</pre>
      <CopyButton text={text} kind="button small" />
    </div>
  )
}

/** Api is a fold with the calls that a part of the page makes. */
export function Api({ calls }: { calls: readonly Call[] }) {
  return (
    <details class="api">
      <summary>{say('api')}</summary>
      {calls.map((call) => (
        <Curl key={call.method + call.path} call={call} />
      ))}
    </details>
  )
}

/** Question is something that is done only after somebody has said so. */
export interface Question {
  title: string
  /** What happens, to how many. */
  text: string
  button: string
  call: Call
  done?: (answer: unknown) => void
}

/** The question that is open. */
export const question = signal<Question | undefined>(undefined)

/** Confirm asks the open question, and does what it is about. */
export function Confirm() {
  const asked = question.value
  const busy = useSignal(false)
  const problem = useSignal<Problem | undefined>(undefined)
  if (!asked) return null
  const close = () => {
    question.value = undefined
    problem.value = undefined
  }
  const go = async () => {
    busy.value = true
    try {
      const answer = await ask(asked.call)
      close()
      asked.done?.(answer)
    } catch (error) {
      problem.value = error as Problem
    }
    busy.value = false
  }
  return (
    <Dialog key={asked.title} title={asked.title} close={close}>
      <p>{asked.text}</p>
      {problem.value && (
        <p class="notice" role="alert">
          {failure(problem.value)}
        </p>
      )}
      <div class="actions">
        <button class="button danger" type="button" disabled={busy.value} onClick={() => void go()}>
          {asked.button}
        </button>
        <button class="button" type="button" onClick={close}>
          {say('cancel')}
        </button>
      </div>
      <Api calls={[asked.call]} />
    </Dialog>
  )
}
