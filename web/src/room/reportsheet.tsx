import { signal } from '@preact/signals'
import type { FunctionComponent } from 'preact'
import { useEffect } from 'preact/hooks'
import { say } from '../text/room'
import { Sheet } from './sheet'
import { close } from './sheets'

const Report = signal<FunctionComponent | undefined>(undefined)

/** LazyReport loads the report when somebody wants it: most people in a room never do. */
export function LazyReport() {
  useEffect(() => void import('./report').then((module) => (Report.value = module.default)).catch(() => undefined), []) // the server is away: the next press tries again
  return Report.value ? <Report.value /> : <p role="status">{say('report.loading')}</p>
}

/** ReportSheet is the report of a class that goes on. */
export function ReportSheet() {
  return (
    <Sheet title={say('report')} close={close} kind="wide">
      <LazyReport />
    </Sheet>
  )
}
