import { say as more } from '../text/more'
import { say } from '../text/room'
import { Diagnostics, Help } from '../ui/dialog'
import { dialog } from '../ui/dialogs'
import { figures } from './figures'
import * as session from './session'

/** More is what somebody in a room sees who asks for it: the keyboard, the diagnostics. */
export default function More() {
  return dialog.value === 'help' ? <Help keys={keys()} /> : <Diagnostics pc={() => session.current()?.pcs.sub} stats={figures} />
}

const keys = () => {
  const all: [string[], string][] = [
    [['H'], say('key.hand')],
    [['C'], say('key.chat')],
    [['P'], say('key.people')],
    [['B'], say('key.board')],
    [['G'], say('key.grid')],
    [['F'], say('key.full')],
    [['1', '6'], say('key.pin')],
    [[','], say('key.settings')],
    [['M'], say('key.mic')],
    [['V'], say('key.camera')],
    [['S'], say('key.share')],
    [[more('space')], say('key.talk')],
  ]
  const staff: [string[], string][] = [
    [['N'], say('key.next')],
    [['Shift + M'], say('key.mute_all')],
    [['L'], say('key.lobby')],
  ]
  return session.staff.value ? [...all, ...staff] : all
}
