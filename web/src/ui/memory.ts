// What a browser remembers between visits. Storage may be forbidden: then each visit is the first.

/** recall gives what was remembered under a name; undefined when nothing was, or may be. */
export function recall(name: string): string | undefined {
  try {
    return globalThis.localStorage?.getItem(name) ?? undefined
  } catch {
    return undefined
  }
}

export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(name, value)
  } catch {
    // only this visit knows
  }
}
