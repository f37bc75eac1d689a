import '../styles/quality.css'
import { signal, useSignal } from '@preact/signals'
import { say } from '../text/more'
import { Dialog } from '../ui/dialog'
import { dialog } from '../ui/dialogs'
import { held, rungs, type Choice, type Rung } from './ladder'
import * as player from './player'

/** What this viewer has chosen, for as long as the page is there. */
const chosen = signal<Choice>('auto')

interface Item {
  key: string
  label: string
  note: string
  choice: Choice
  there: boolean
  current: boolean
}

/** Quality lets a viewer choose among the pictures that the publisher sends, or do without one. */
export function Quality() {
  const refused = useSignal(false)
  const all = rungs(player.layers.value)
  const list = items(all)
  const choose = async ({ choice }: Item) => {
    refused.value = false
    const before = chosen.value
    chosen.value = choice
    try {
      await player.select(choice === 'auto' ? {} : choice === 'sound' ? { maxHeight: 0 } : choice)
      dialog.value = undefined
    } catch {
      chosen.value = before
      refused.value = true
    }
  }
  const move = (event: KeyboardEvent & { currentTarget: HTMLUListElement }) => {
    const buttons = [...event.currentTarget.querySelectorAll('button')]
    const to = steps[event.key]?.(buttons.indexOf(document.activeElement as HTMLButtonElement), buttons.length)
    if (to === undefined) return
    event.preventDefault()
    buttons[to]?.focus()
  }
  return (
    <Dialog title={say('quality')} narrow>
      <ul class="qualities" role="menu" aria-label={say('quality')} onKeyDown={move}>
        {list.map((item) => (
          <li key={item.key} role="none">
            <button type="button" role="menuitemradio" aria-checked={same(item.choice, chosen.value)} aria-disabled={!item.there} autofocus={same(item.choice, chosen.value)} onClick={() => item.there && void choose(item)}>
              <span>{item.label}</span>
              {item.note && <span class="numbers muted">{item.note}</span>}
              {item.current && <span class="badge">{say('now')}</span>}
            </button>
          </li>
        ))}
      </ul>
      {refused.value && <p role="alert">{say('quality.refused')}</p>}
    </Dialog>
  )
}

function items(all: Rung[]): Item[] {
  const auto = chosen.value === 'auto'
  const now = all.find(({ current }) => current)?.name ?? (player.reading.value?.height ? `${player.reading.value.height}p` : '')
  const label = !auto || !now ? say('auto') : say(held(all) ? 'auto.held' : 'auto.now', { now })
  return [
    { key: 'auto', label, note: '', choice: 'auto', there: true, current: false },
    ...all.map(({ rid, name, rate, there, current }) => ({ key: `rid ${rid}`, label: name, note: there ? rate : say('not_sent'), choice: { rid }, there, current })),
    { key: 'sound', label: say('sound_only'), note: '', choice: 'sound', there: true, current: false },
  ]
}

const same = (a: Choice, b: Choice) => (typeof a === 'object' && typeof b === 'object' ? a.rid === b.rid : a === b)

/** Where the keys lead that a menu has, from one of so many items to another. */
const steps: Record<string, (at: number, count: number) => number> = {
  ArrowDown: (at, count) => (at + 1) % count,
  ArrowUp: (at, count) => (at + count - 1) % count,
  Home: () => 0,
  End: (_, count) => count - 1,
}
