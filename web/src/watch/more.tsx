import { say as more } from '../text/more'
import { say } from '../text/watch'
import { Diagnostics, Help } from '../ui/dialog'
import { dialog } from '../ui/dialogs'
import { Details } from './details'
import * as player from './player'
import { Quality } from './quality'

export { begin } from './measured'
export { ask } from './silence'

/** More is what a viewer sees who asks for it: the quality, the numbers, the keyboard, the diagnostics. */
export default function More() {
  return (
    <>
      {player.details.value && <Details />}
      {dialog.value === 'quality' && <Quality />}
      {dialog.value === 'help' && <Help keys={keys()} />}
      {dialog.value === 'diagnostics' && <Diagnostics pc={player.connection} stats={player.stats} />}
    </>
  )
}

const keys = () =>
  [
    [['K', more('space')], more('play')],
    [['M'], say('sound')],
    [['↑', '↓'], more('volume')],
    [['F'], say('fullscreen')],
    [['I'], say('pip')],
    [['Q'], more('quality')],
    [['S'], say('statistics')],
  ] as const as [string[], string][]
