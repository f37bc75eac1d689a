/** Waits between attempts: 1, 2, 4, 8, 8 … seconds, each shortened by up to half so that viewers do not return in step. */
export function backoff(attempt: number, random = Math.random()): number {
  return 1000 * 2 ** Math.min(Math.max(attempt, 0), 3) * (1 - random / 2)
}
