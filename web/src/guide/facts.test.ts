import { expect, test } from 'vitest'
import { encoderName } from './facts'

test.each([
  ['obs-output module (libobs version 30.0.2)', 'OBS 30.0.2'],
  ['obs-output module (libobs version 31.0.0)', 'OBS 31'],
  ['Lavf60.16.100', 'FFmpeg'],
  ['FMLE/3.0 (compatible; FMSc/1.0)', 'FMLE/3.0 (compatible; FMSc/1.0)'],
  ['x'.repeat(40), `${'x'.repeat(31)}…`],
  ['', ''],
  [undefined, ''],
])('%s', (given, want) => expect(encoderName(given)).toBe(want))
