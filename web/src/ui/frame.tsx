import type { ComponentChildren } from 'preact'

/** Header is the same on every page. */
export function Header({ page }: { page: 'streams' | 'publish' | 'watch' }) {
  return (
    <header class="header">
      <a class="brand" href="/">
        <img src="/icon.svg" alt="" />
        Lectern
      </a>
      <nav aria-label="Pages">
        <a href="/" aria-current={page === 'streams' ? 'page' : undefined}>
          Streams
        </a>
        <a href="/publish" aria-current={page === 'publish' ? 'page' : undefined}>
          Go live
        </a>
      </nav>
    </header>
  )
}

/** Notice tells one failure and offers the one thing to do about it. */
export function Notice({ children, button, onPress }: { children: ComponentChildren; button?: string | undefined; onPress?: () => void }) {
  return (
    <div class="notice" role="alert">
      <p>{children}</p>
      {button && (
        <button class="button" type="button" onClick={onPress}>
          {button}
        </button>
      )}
    </div>
  )
}
