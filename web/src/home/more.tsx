import { common } from '../text/frame'
import { say } from '../text/more'
import { Diagnostics, Help } from '../ui/dialog'
import { dialog } from '../ui/dialogs'

/** More is what somebody on the list sees who asks for it. */
export default function More() {
  return dialog.value === 'help' ? <Help keys={keys()} /> : <Diagnostics />
}

const keys = () =>
  [
    [['←', '→'], say('arrows')],
    [['Enter'], say('enter')],
    [['/'], say('find')],
    [['N'], common('publish')],
  ] as [string[], string][]
