/** What stands in the gaps of a sentence. */
export type Values = Record<string, string | number>

const plural = /\{(\w+), plural,((?: \w+ \{[^{}]*\})+)\}/g
const form = / (\w+) \{([^{}]*)\}/g
const gap = /\{(\w+)\}/g

/**
 * format fills a sentence. Of ICU's message format it knows what the catalogs use: `{name}`, and
 * `{n, plural, one {# viewer} other {# viewers}}` with the number in place of #. A gap without a value stays as it is.
 */
export function format(text: string, language: string, values: Values = {}): string {
  return text
    .replace(plural, (_, name: string, forms: string) => {
      const n = Number(values[name])
      const all = Object.fromEntries([...forms.matchAll(form)].map(([, category, words]) => [category, words]))
      return (all[new Intl.PluralRules(language).select(n)] ?? all['other'] ?? '').replace('#', String(n))
    })
    .replace(gap, (whole, name: string) => String(values[name] ?? whole))
}
