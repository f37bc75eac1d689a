// Ink as numbers: a page is 16 000 by 9 000 units, and a stroke its first point followed by steps.

/** The size of a page, in units. */
export const width = 16_000
export const height = 9_000

/** pack writes points, x and y in turn, as the first one and the steps from each to the next. */
export function pack(points: readonly number[]): number[] {
  return points.map((value, i) => (i < 2 ? value : value - points[i - 2]!))
}

/** unpack gives back the points. */
export function unpack(steps: readonly number[]): number[] {
  const points: number[] = []
  steps.forEach((value, i) => points.push(i < 2 ? value : points[i - 2]! + value))
  return points
}

/** simplify leaves out points that lie within a tolerance of the line without them (Ramer, Douglas, Peucker). */
export function simplify(points: readonly number[], tolerance: number): number[] {
  const n = points.length / 2
  if (n < 3) return [...points]
  const keep = new Uint8Array(n)
  keep[0] = keep[n - 1] = 1
  const spans = [[0, n - 1]]
  for (let span = spans.pop(); span; span = spans.pop()) {
    const [from, to] = span as [number, number]
    let [worst, at] = [tolerance, 0]
    for (let i = from + 1; i < to; i++) {
      const off = distance(points[2 * i]!, points[2 * i + 1]!, points[2 * from]!, points[2 * from + 1]!, points[2 * to]!, points[2 * to + 1]!)
      if (off > worst) [worst, at] = [off, i]
    }
    if (at === 0) continue
    keep[at] = 1
    spans.push([from, at], [at, to])
  }
  return points.filter((_, i) => keep[i >> 1])
}

/** distance is how far a point is from a piece of a line. */
export function distance(x: number, y: number, ax: number, ay: number, bx: number, by: number): number {
  const [dx, dy] = [bx - ax, by - ay]
  const length = dx * dx + dy * dy
  const t = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length))
  return Math.hypot(x - ax - t * dx, y - ay - t * dy)
}
