// Light or dark: what the system says, or what was chosen here. A page may have its own choice in its HTML.
import { signal } from '@preact/signals'
import { recall, remember } from './memory'

const slot = 'lectern.theme'
const root = document.documentElement
const system = matchMedia('(prefers-color-scheme: dark)')

/** Whether the page is dark now. */
export const dark = signal(apply(recall(slot)))

system.addEventListener('change', () => (dark.value = isDark()))

/** switchTheme turns light into dark and back, and remembers it. */
export function switchTheme(): void {
  const next = dark.value ? 'light' : 'dark'
  remember(slot, next)
  dark.value = apply(next)
}

function apply(theme: string | undefined): boolean {
  if (theme === 'light' || theme === 'dark') root.dataset['theme'] = theme
  return isDark()
}

function isDark(): boolean {
  const { theme } = root.dataset
  return theme ? theme === 'dark' : system.matches
}
