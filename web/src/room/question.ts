/** Question is what a poll asks; correct are numbers of options, from 0. */
export interface Question {
  q: string
  options?: string[]
  correct?: number[]
}

/**
 * parsePoll reads a question as people paste it: the first line asks, with or without `?` before it; each further line is an
 * answer, with or without `-`; `*` marks it as right. Undefined when nobody could answer it.
 */
export function parsePoll(text: string): Question | undefined {
  const [first, ...rest] = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const q = first?.replace(/^\?\s*/, '') ?? ''
  if (!q) return undefined
  const answers = rest.map((line) => ({ right: line.startsWith('*'), option: line.replace(/^[-*•]\s*/, '') })).filter(({ option }) => option !== '')
  if (answers.length === 0) return { q }
  if (answers.length === 1 || answers.length > 10) return undefined
  const correct = answers.flatMap(({ right }, i) => (right ? [i] : []))
  return { q, options: answers.map(({ option }) => option), ...(correct.length > 0 && { correct }) }
}
