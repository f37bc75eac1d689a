import '../styles/dialog.css'
import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import { say } from '../text/room'

interface SheetProps {
  title: string
  close: () => void
  children: ComponentChildren
  kind?: string
}

/** Sheet is a dialog in the middle of a desk's screen and at the foot of a phone's. The focus returns to where it was. */
export function Sheet({ title, close, children, kind = '' }: SheetProps) {
  const element = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const before = document.activeElement
    element.current!.showModal()
    return () => before instanceof HTMLElement && before.focus()
  }, [])
  return (
    <dialog ref={element} class={`dialog sheet ${kind}`} aria-labelledby={id} onClose={close} onClick={(event) => event.target === element.current && close()}>
      <div class="inside">
        <div class="head">
          <h2 id={id}>{title}</h2>
          <button class="button small" type="button" onClick={close}>
            {say('close')}
          </button>
        </div>
        {children}
      </div>
    </dialog>
  )
}
