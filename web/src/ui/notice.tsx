import type { ComponentChildren } from 'preact'

export interface NoticeProps {
  /** What happened. */
  what: string
  /** Why, and what to do. */
  why?: string
  button?: string | undefined
  onPress?: () => void
  children?: ComponentChildren
}

/** Notice tells one failure and offers the one thing to do about it. */
export function Notice({ what, why, button, onPress, children }: NoticeProps) {
  return (
    <div class="notice" role="alert">
      <p>
        <strong>{what}</strong>
      </p>
      {why && <p>{why}</p>}
      {children}
      {button && (
        <button class="button" type="button" onClick={onPress}>
          {button}
        </button>
      )}
    </div>
  )
}
