/** What stands in the place of a key on the screen. */
export const dots = '•'.repeat(12)

/** withSecret puts the key for publishing into a stream key; "" needs none. */
export function withSecret(key: string, secret: string): string {
  if (!secret) return key
  return `${key}?k=${secret === dots ? dots : encodeURIComponent(secret)}`
}
