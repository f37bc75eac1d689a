import { expect, test } from 'vitest'
import { held, rungs } from './ladder'

const layers = [
  { rid: 'q', bitrate: 150_000, width: 480, height: 270 },
  { rid: 'f', bitrate: 3_800_000, width: 1920, height: 1080 },
  { rid: 'h', bitrate: 1_200_000, width: 960, height: 540, current: true },
]

test('the best comes first, by its lines and its rate', () => {
  expect(rungs(layers).map(({ name, rate }) => `${name} ${rate}`)).toEqual(['1080p 3.8 Mb/s', '540p 1.2 Mb/s', '270p 150 kb/s'])
  expect(rungs(layers).map(({ rid, current }) => [rid, current])).toEqual([['f', false], ['h', true], ['q', false]])
})

test('an upright picture is called by its shorter side, one without a size by its rate, and one without anything by its name', () => {
  expect(rungs([{ rid: 'a', bitrate: 900_000, width: 720, height: 1280 }])[0]).toMatchObject({ name: '720p', rate: '900 kb/s' })
  expect(rungs([{ rid: 'a', bitrate: 900_000 }])[0]).toMatchObject({ name: '900 kb/s', rate: '' })
  expect(rungs([{ rid: 'a' }])[0]).toMatchObject({ name: 'a', rate: '', there: false })
})

test('what the publisher leaves out because nobody wants it can be had, and what it does not send cannot', () => {
  const [resting, silent] = rungs([{ rid: 'f', bitrate: 0, targetBitrate: 2_000_000, width: 1280, height: 720 }, { rid: 'h', bitrate: 0, width: 640, height: 360 }])
  expect(resting).toMatchObject({ there: true, rate: '2.0 Mb/s' })
  expect(silent).toMatchObject({ there: false, rate: '' })
})

test('layers without a name in the protocol are no choice', () => {
  expect(rungs([{ spatialLayerId: 1, bitrate: 1 }])).toEqual([])
})

test('a viewer is held back who gets less than there is', () => {
  const with_ = (current: string, off = '') => rungs(layers.map((layer) => ({ ...layer, current: layer.rid === current, ...(layer.rid === off && { bitrate: 0 }) })))
  expect(held(with_('h'))).toBe(true)
  expect(held(with_('f'))).toBe(false)
  expect(held(with_('h', 'f'))).toBe(false)
  expect(held(with_(''))).toBe(false)
  expect(held([])).toBe(false)
})
