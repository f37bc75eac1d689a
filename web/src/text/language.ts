// The languages of the pages. A page's sentences are in catalogs, by code: English beside this file, others in folders of
// their own, which a browser loads only when it wants them. What is on the screen changes at once when the language does,
// for it is a signal.
import { signal } from '@preact/signals'
import { recall, remember } from '../ui/memory'
import { closest, languages, type Language } from './choice'
import { format, type Values } from './format'

export { languages, type Language } from './choice'

type Sentences<Key extends string> = Readonly<Record<Key, string>>
type Loaders<Key extends string> = Record<Exclude<Language, 'en'>, () => Promise<{ default: Sentences<Key> }>>

const slot = 'lectern.language'
const loads: ((code: Language) => Promise<void>)[] = []

/** The language of what is on the screen. */
export const language = signal<Language>('en')

/** texts gives the function that says the sentences of a catalog in the present language. */
export function texts<Key extends string>(en: Sentences<Key>, others: Loaders<Key>): (key: Key, values?: Values) => string {
  const known: Partial<Record<Language, Sentences<Key>>> = { en }
  loads.push(async (code) => {
    if (code !== 'en') known[code] ??= (await others[code]()).default
  })
  return (key, values) => format((known[language.value] ?? en)[key], language.value, values)
}

/**
 * prepare loads the language that was chosen once, else the first of the browser's own that we have, else English. Pages
 * wait for it before they show anything.
 */
export async function prepare(): Promise<void> {
  const chosen = recall(slot)
  await load(chosen && chosen in languages ? (chosen as Language) : closest(navigator.languages))
}

/** settle loads the present language for catalogs that came after prepare. */
export function settle(): Promise<void> {
  return load(language.value)
}

/** speak changes the language and remembers it for the next visit. */
export async function speak(next: Language): Promise<void> {
  remember(slot, next)
  await load(next)
}

/** load changes the language when all of its catalogs are there; when they cannot be had, it stays. */
async function load(next: Language): Promise<void> {
  try {
    await Promise.all(loads.map((load) => load(next)))
    language.value = next
  } catch {
    // the server is away: what is on the screen can still be read
  }
}
