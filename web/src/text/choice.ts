/** The languages there are, by the names their speakers give them. */
export const languages = { en: 'English', 'zh-CN': '中文' } as const
export type Language = keyof typeof languages

/** closest picks the language for a browser's list of preferences, such as `['fr', 'zh-TW', 'en']`. */
export function closest(preferences: readonly string[]): Language {
  for (const preference of preferences) {
    const short = preference.toLowerCase().split('-')[0]
    const known = (Object.keys(languages) as Language[]).find((code) => code.split('-')[0] === short)
    if (known) return known
  }
  return 'en'
}
