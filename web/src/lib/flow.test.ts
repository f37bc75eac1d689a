import { expect, test } from 'vitest'
import { Flow } from './flow'

/** run feeds a flow every half second from 0 and gives it back; each step is [frames, video, audio] added. */
function run(seconds: number, step: (t: number) => [number, number, number]): Flow {
  const flow = new Flow(0)
  const sum: [number, number, number] = [0, 0, 0]
  for (let t = 0; t <= seconds; t += 0.5) {
    step(t).forEach((add, i) => (sum[i]! += add))
    flow.observe({ framesDecoded: sum[0], videoPackets: sum[1], audioPackets: sum[2] }, t * 1000)
  }
  return flow
}

test.each<[string, number, (t: number) => [number, number, number], Partial<Record<'started' | 'moves' | 'hopeless', boolean>>]>([
  ['nothing yet', 1, () => [0, 0, 0], { started: false, moves: false, hopeless: false }],
  ['frames', 5, () => [15, 40, 25], { started: true, moves: true, hopeless: false }],
  ['frames stopped 1.5 s ago', 5, (t) => (t <= 3.5 ? [15, 40, 25] : [0, 0, 0]), { started: true, moves: true }],
  ['frames stopped 2 s ago', 5, (t) => (t <= 3 ? [15, 40, 25] : [0, 0, 0]), { started: true, moves: false, hopeless: false }],
  ['sound alone, at first', 1.5, () => [0, 0, 25], { started: false, moves: false }],
  ['sound alone', 5, () => [0, 0, 25], { started: true, moves: true, hopeless: false }],
  ['sound, and video that waits for a key frame', 5, () => [0, 3, 25], { started: false, moves: false, hopeless: false }],
  ['packets for long that no picture comes of', 10, (t) => (t <= 0.5 ? [15, 40, 25] : [0, 40, 25]), { hopeless: true }],
  ['the camera was switched off in mid-frame, sound goes on', 30, (t) => (t <= 3 ? [15, 40, 25] : t === 3.5 ? [0, 2, 25] : [0, 0, 25]), { moves: false, hopeless: false }],
  ['silence while the publisher may return', 45, () => [0, 0, 0], { hopeless: false }],
  ['silence without end', 61, () => [0, 0, 0], { hopeless: true }],
])('%s', (_, seconds, step, want) => {
  const flow = run(seconds, step)
  const now = seconds * 1000
  expect({ started: flow.started, moves: flow.moves(now), hopeless: flow.hopeless(now) }).toMatchObject(want)
})
