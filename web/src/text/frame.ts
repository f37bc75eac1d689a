import { texts } from './language'

export const en = {
  streams: 'Streams',
  publish: 'Go live',
  watch: 'Watch',
  pages: 'Pages',
  language: 'Language',
  light: 'Light colours',
  dark: 'Dark colours',
  copy: 'Copy',
  copied: 'Copied',
  again: 'Try again',
  now: 'Try now',
  details: 'Copy details',
}

export type Key = keyof typeof en

/** What every page says. */
export const common = texts(en, { 'zh-CN': () => import('./zh-CN/frame') })
