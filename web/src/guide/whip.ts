/** whip is where WHIP encoders send to. */
export function whip(name: string): string {
  return `${location.origin}/whip/${name}`
}
