import type { ComponentChildren } from 'preact'

interface TabsProps<T extends string> {
  label: string
  tabs: readonly (readonly [T, string])[]
  chosen: T
  choose: (tab: T) => void
  /** For the ids that tie tabs and panels together. */
  id: string
  children: ComponentChildren
}

/** Tabs is a row of tabs and the panel of the chosen one (WAI-ARIA's tabs pattern: arrows move, one tab stop). */
export function Tabs<T extends string>({ label, tabs, chosen, choose, id, children }: TabsProps<T>) {
  const move = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (!step) return
    event.preventDefault()
    const at = tabs.findIndex(([tab]) => tab === chosen)
    const [next] = tabs[(at + step + tabs.length) % tabs.length]!
    choose(next)
    document.getElementById(`${id}-${next}`)?.focus()
  }
  return (
    <>
      <div class="tabs" role="tablist" aria-label={label} onKeyDown={move}>
        {tabs.map(([tab, title]) => (
          <button
            key={tab}
            id={`${id}-${tab}`}
            type="button"
            role="tab"
            aria-selected={tab === chosen}
            aria-controls={`${id}-panel`}
            tabIndex={tab === chosen ? 0 : -1}
            onClick={() => choose(tab)}
          >
            {title}
          </button>
        ))}
      </div>
      <div id={`${id}-panel`} class="panel" role="tabpanel" aria-labelledby={`${id}-${chosen}`}>
        {children}
      </div>
    </>
  )
}
