import { Diagnostics, Help } from '../ui/dialog'
import { dialog } from '../ui/dialogs'
import { stats } from './figures'
import { current } from './studio'

/** More is what a publisher sees who asks for it. */
export default function More() {
  return dialog.value === 'help' ? <Help keys={[]} /> : <Diagnostics pc={() => current()?.pc} stats={stats} />
}
