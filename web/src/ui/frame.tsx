import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { common } from '../text/frame'
import { language, languages, speak, type Language } from '../text/language'
import { Moon, Sun } from './icons'
import { dark, switchTheme } from './theme'

/** Header is the same on every page. */
export function Header({ page, title }: { page: 'streams' | 'publish' | 'watch' | 'room' | 'check' | 'admin'; title: string }) {
  useEffect(() => {
    document.title = title
    document.documentElement.lang = language.value
  }, [title, language.value])
  return (
    <header class="header">
      <a class="brand" href="/" aria-label="Lectern">
        <img src="/icon.svg" alt="" />
        <span>{'Lectern'}</span>
      </a>
      <nav aria-label={common('pages')}>
        <a href="/" aria-current={page === 'streams' ? 'page' : undefined}>
          {common('streams')}
        </a>
        <a href="/publish" aria-current={page === 'publish' ? 'page' : undefined}>
          {common('publish')}
        </a>
      </nav>
      <div class="settings">
        <LanguageSwitch />
        <button class="quiet" type="button" aria-label={common(dark.value ? 'light' : 'dark')} title={common(dark.value ? 'light' : 'dark')} onClick={switchTheme}>
          {dark.value ? <Sun /> : <Moon />}
        </button>
      </div>
    </header>
  )
}

function LanguageSwitch() {
  const others = (Object.keys(languages) as Language[]).filter((code) => code !== language.value)
  return (
    <>
      {others.map((code) => (
        <button key={code} class="quiet" type="button" lang={code} aria-label={`${code === 'en' ? 'EN' : languages[code]}, ${common('language')}: ${languages[code]}`} onClick={() => void speak(code)}>
          {code === 'en' ? 'EN' : languages[code]}
        </button>
      ))}
    </>
  )
}

/** How long a copy button says that it has copied. */
const thanks = 2500

/** CopyButton puts text, or what text() gives, on the clipboard. */
export function CopyButton({ text, label, kind = 'button' }: { text: string | (() => string | Promise<string>); label?: string; kind?: string }) {
  const done = useSignal(false)
  const press = async () => {
    await copy(typeof text === 'string' ? text : await text())
    done.value = true
    setTimeout(() => (done.value = false), thanks)
  }
  return (
    <button class={kind} type="button" onClick={() => void press()}>
      <span aria-live="polite">{done.value ? common('copied') : (label ?? common('copy'))}</span>
    </button>
  )
}

/** copy also works where pages have no clipboard: on http:// by the address of a local network. */
async function copy(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text).catch(() => copyBySelection(text))
  copyBySelection(text)
}

function copyBySelection(text: string): void {
  const field = document.createElement('textarea')
  field.value = text
  field.className = 'offscreen'
  document.body.append(field)
  field.select()
  document.execCommand('copy')
  field.remove()
}
