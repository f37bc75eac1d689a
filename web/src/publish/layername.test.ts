import { expect, test } from 'vitest'
import { layerName } from './layername'

test.each([
  ['landscape', { rid: 'f', width: 1280, height: 720, most: 1_500_000 }, '720p'],
  ['upright', { rid: 'f', width: 720, height: 1280, most: 1_500_000 }, '720p'],
  ['a width that is not told', { rid: 'h', width: 0, height: 360, most: 0 }, '360p'],
  ['no size yet', { rid: 'f', width: 0, height: 0, most: 1_500_000 }, '1.5 Mb/s'],
  ['nothing known', { rid: 'f', width: 0, height: 0, most: 0 }, 'f'],
])('%s', (_, layer, want) => expect(layerName(layer)).toBe(want))
