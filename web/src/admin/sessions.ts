/** Live is a session, of whatever protocol. */
export interface Live {
  /** As logs name it. */
  id: string
  action: string
  /** app/name, or a room. */
  stream: string
  protocol: string
  identity: string
  sub?: string
  remote?: string
  /** What the client calls itself. */
  agent?: string
  since: string
}

/** browserOf makes a few words of what a client calls itself. */
export function browserOf(agent: string | undefined): string {
  if (!agent) return ''
  const names: [RegExp, string][] = [
    [/Edg\/(\d+)/, 'Edge'],
    [/Firefox\/(\d+)/, 'Firefox'],
    [/(?:Headless)?Chrome\/(\d+)/, 'Chrome'],
    [/Version\/(\d+).*Safari/, 'Safari'],
    [/OBS[^\d]*([\d.]+)/, 'OBS'],
  ]
  for (const [pattern, name] of names) {
    const match = pattern.exec(agent)
    if (match) return `${name} ${match[1]}`
  }
  return agent.slice(0, 40)
}
