/** How numbers are written on the pages. */

export function clock(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000))
  const two = (n: number) => String(n).padStart(2, '0')
  const [hours, minutes, seconds] = [Math.floor(s / 3600), two(Math.floor(s / 60) % 60), two(s % 60)]
  return hours > 0 ? `${hours}:${minutes}:${seconds}` : `${minutes}:${seconds}`
}

/** rate writes bits per second. */
export function rate(bps: number): string {
  return bps >= 1e6 ? `${(bps / 1e6).toFixed(1)} Mb/s` : `${Math.round(bps / 1e3)} kb/s`
}

/** codecName turns `video/H264` into `H.264`. */
export function codecName(mimeType: string): string {
  const name = mimeType.replace(/^.*\//, '')
  return name.replace(/^H(26\d)$/i, 'H.$1').replace(/^opus$/i, 'Opus')
}
