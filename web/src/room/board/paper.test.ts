import { expect, test } from 'vitest'
import { pack } from './ink'
import { bounds, Paper, type Op } from './paper'

const stroke = (id: string, ...points: number[]): Op => ({ id, t: 'stroke', page: 0, d: { c: 0, w: 20, p: pack(points) } })

test('operations make the page', () => {
  const paper = new Paper()
  expect(paper.apply(stroke('a', 0, 0, 100, 0))).toBe('added')
  expect(paper.apply(stroke('b', 0, 50, 100, 50))).toBe('added')
  expect(paper.apply(stroke('a', 0, 0, 100, 0)), 'one that was drawn here already').toBe('nothing')
  expect(paper.apply({ id: 'x', t: 'del', page: 0 })).toBe('nothing')
  expect(paper.apply({ id: 'b', t: 'move', page: 0, dx: 5, dy: 500 })).toBe('all')
  expect(paper.shapes.map(({ id, dx, dy }) => [id, dx, dy])).toEqual([['a', undefined, undefined], ['b', 5, 500]])
  expect(paper.apply({ id: 'a', t: 'del', page: 0 })).toBe('all')
  expect(paper.apply({ t: 'clear', page: 0 })).toBe('all')
  expect(paper.shapes).toEqual([])
  expect(paper.apply({ t: 'something new', page: 0 })).toBe('nothing')
})

test.each([
  ['a stroke', stroke('a', 100, 100, 500, 100), 300, 120, true],
  ['beside a stroke', stroke('a', 100, 100, 500, 100), 300, 190, false],
  ['a dot', stroke('a', 100, 100), 110, 110, true],
  ['the edge of a rectangle', { id: 'a', t: 'shape', page: 0, d: { k: 'rect', w: 10, p: [0, 0, 1000, 1000] } }, 1000, 500, true],
  ['the middle of a rectangle', { id: 'a', t: 'shape', page: 0, d: { k: 'rect', w: 10, p: [0, 0, 1000, 1000] } }, 500, 500, false],
  ['an ellipse', { id: 'a', t: 'shape', page: 0, d: { k: 'ellipse', w: 10, p: [0, 0, 1000, 1000] } }, 500, 0, true],
  ['its corner', { id: 'a', t: 'shape', page: 0, d: { k: 'ellipse', w: 10, p: [0, 0, 1000, 1000] } }, 0, 0, false],
  ['a text', { id: 'a', t: 'text', page: 0, d: { x: 100, y: 400, s: 300, text: 'abc' } }, 200, 300, true],
] as [string, Op, number, number, boolean][])('the eraser at %s', (_, op, x, y, hit) => {
  const paper = new Paper()
  paper.apply(op)
  expect(paper.at(x, y, 30)?.id).toBe(hit ? 'a' : undefined)
})

test('the eraser takes what lies on top, where it was moved to', () => {
  const paper = new Paper()
  paper.apply(stroke('below', 0, 0, 100, 0))
  paper.apply(stroke('above', 0, 0, 100, 0))
  expect(paper.at(50, 0, 5)?.id).toBe('above')
  paper.apply({ id: 'above', t: 'move', page: 0, dy: 900 })
  expect(paper.at(50, 0, 5)?.id).toBe('below')
  expect(paper.at(50, 900, 5)?.id).toBe('above')
})

test.each<[string, Parameters<typeof bounds>[0], number[]]>([
  ['a stroke', { t: 'stroke', d: { p: [100, 200, 50, -100, 10, 10], w: 20 } }, [90, 90, 170, 210]],
  ['a form drawn from the right', { t: 'shape', d: { k: 'rect', p: [500, 400, 100, 200] } }, [100, 200, 500, 400]],
  ['a form that was moved', { t: 'shape', d: { k: 'line', p: [0, 0, 10, 10] }, dx: 5, dy: -5 }, [5, -5, 15, 5]],
  ['a text', { t: 'text', d: { x: 100, y: 1000, s: 100, text: 'abcde' } }, [100, 900, 400, 1025]],
])('%s has bounds', (_, shape, want) => {
  expect(bounds(shape)).toEqual(want)
})
