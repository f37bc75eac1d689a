import '../styles/dialog.css'
import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'

export interface ModalProps {
  title: string
  /** What the button says that closes it, in the words of the page. */
  label: string
  /** A class that says what it looks like. */
  kind?: string
  close: () => void
  children: ComponentChildren
}

/** Modal stands before the page until it is closed, and then gives the focus back. */
export function Modal({ title, label, kind = '', close, children }: ModalProps) {
  const element = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const before = document.activeElement
    element.current!.showModal()
    return () => before instanceof HTMLElement && before.focus()
  }, [])
  return (
    <dialog ref={element} class={`dialog ${kind}`} aria-labelledby={id} onClose={close} onClick={(event) => event.target === element.current && close()}>
      <div class="inside">
        <div class="head">
          <h2 id={id}>{title}</h2>
          <button class="button small" type="button" onClick={close}>
            {label}
          </button>
        </div>
        {children}
      </div>
    </dialog>
  )
}
