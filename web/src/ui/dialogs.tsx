// The dialogs that a key opens on every page, and panels that are seldom wanted: what is in them is loaded when it is.
import { signal } from '@preact/signals'
import type { FunctionComponent } from 'preact'
import { useEffect } from 'preact/hooks'

/** The dialog that is open. */
export const dialog = signal<'help' | 'diagnostics' | 'quality' | undefined>(undefined)

const Loaded = signal<FunctionComponent | undefined>(undefined)

/** Lazily shows the default export of a page's own module, and nothing until that is there. */
export function Lazily({ load }: { load: () => Promise<{ default: FunctionComponent }> }) {
  useEffect(() => void load().then((module) => (Loaded.value = module.default)).catch(() => undefined), []) // the server is away: it is tried again with the next press
  return Loaded.value ? <Loaded.value /> : null
}

/** typing tells whether a key belongs to a field, a dialog or the browser, and not to the page. */
export function typing({ target, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  return ctrlKey || metaKey || altKey || (target instanceof Element && target.closest('input, select, textarea, dialog') !== null)
}

/** openDialog opens what a key stands for: ? for the keyboard, Shift+D for the diagnostics. It tells whether it did. */
export function openDialog({ key, shiftKey }: KeyboardEvent): boolean {
  const asked = key === '?' ? 'help' : shiftKey && key === 'D' ? 'diagnostics' : undefined
  if (asked) dialog.value = asked
  return asked !== undefined
}
