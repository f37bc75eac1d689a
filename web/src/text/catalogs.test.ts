import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseAst } from 'vite'
import { expect, test } from 'vitest'
import * as causes from '../lib/problem'
import { en as check } from './check'
import { en as admin } from './admin'
import { en as frame } from './frame'
import { en as guide } from './guide'
import { en as home } from './home'
import { en as more } from './more'
import { catalogs as player } from './player'
import { en as publish } from './publish'
import { en as room } from './room'
import { en as watch } from './watch'
import checkInChinese from './zh-CN/check'
import adminInChinese from './zh-CN/admin'
import frameInChinese from './zh-CN/frame'
import guideInChinese from './zh-CN/guide'
import homeInChinese from './zh-CN/home'
import moreInChinese from './zh-CN/more'
import publishInChinese from './zh-CN/publish'
import roomInChinese from './zh-CN/room'
import watchInChinese from './zh-CN/watch'

const all: Record<string, [Record<string, string>, Record<string, string>]> = {
  check: [check, checkInChinese],
  admin: [admin, adminInChinese],
  frame: [frame, frameInChinese],
  guide: [guide, guideInChinese],
  home: [home, homeInChinese],
  more: [more, moreInChinese],
  player: [player.en, player['zh-CN']],
  publish: [publish, publishInChinese],
  room: [room, roomInChinese],
  watch: [watch, watchInChinese],
}
const gaps = (text: string) => [...text.matchAll(/\{(\w+)[},]/g)].map(([, name]) => name).sort()

test.each(Object.entries(all))('%s has every sentence in both languages, with the same gaps', (_, [english, other]) => {
  expect(Object.keys(other)).toEqual(Object.keys(english))
  for (const [key, text] of Object.entries(other)) {
    expect(text.trim(), key).not.toBe('')
    expect(gaps(text), key).toEqual(gaps(english[key]!))
  }
})

/** Causes that share another's sentence. */
const shared = new Set(['gone', 'closed'])

test.each(causes.causes.filter((code) => !shared.has(code)))('%s has a cause and a reason for a publisher', (code) => {
  expect(publish).toHaveProperty([code])
  expect(publish).toHaveProperty([`${code}.why`])
})

/** For a viewer, these are a stream that is not live. */
const offline = new Set([...shared, 'not_found', 'conflict', 'replaced'])

test.each(causes.causes.filter((code) => !offline.has(code)))('%s has a cause and a reason for a viewer', (code) => {
  expect(watch).toHaveProperty([code])
  expect(watch).toHaveProperty([`${code}.why`])
})

interface Node {
  type: string
  [field: string]: unknown
}

/** Attributes that people see or hear. */
const visible = new Set(['aria-label', 'title', 'placeholder', 'alt', 'label'])
const letters = /\p{L}/u

/** bare lists the words that stand in a component instead of in a catalog. */
function bare(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(bare)
  if (typeof node !== 'object' || node === null) return []
  const { type, value, name } = node as Node
  if (type === 'JSXText' && letters.test(String(value))) return [String(value).trim()]
  if (type === 'JSXAttribute' && visible.has(String((name as Node)['name'])) && (value as Node | null)?.type === 'Literal' && letters.test(String((value as Node)['value']))) {
    return [String((value as Node)['value'])]
  }
  return Object.values(node).flatMap(bare)
}

/** Names of things, which are the same in every language. */
const names = new Set(['Lectern'])

test('components hold no words', async () => {
  const root = join(import.meta.dirname, '..')
  const files = (await readdir(root, { recursive: true })).filter((name) => name.endsWith('.tsx'))
  expect(files.length).toBeGreaterThan(8)
  for (const file of files) {
    const words = bare(parseAst(await readFile(join(root, file), 'utf8'), { lang: 'tsx' })).filter((text) => !names.has(text))
    expect(words, file).toEqual([])
  }
})
