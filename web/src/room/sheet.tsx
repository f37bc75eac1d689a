import type { ComponentChildren } from 'preact'
import { say } from '../text/room'
import { Modal } from '../ui/modal'

interface SheetProps {
  title: string
  close: () => void
  children: ComponentChildren
  kind?: string
}

/** Sheet is a Modal in the middle of a desk's screen and at the foot of a phone's. */
export function Sheet({ kind = '', ...props }: SheetProps) {
  return <Modal kind={`sheet ${kind}`} label={say('close')} {...props} />
}
