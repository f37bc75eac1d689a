import { signal } from '@preact/signals'
import { useId } from 'preact/hooks'
import { say } from '../text/guide'
import { recall, remember } from '../ui/memory'
import { info } from '../ui/server'

type Protocol = 'whip' | 'rtmp'

const slot = 'lectern.by'

/** The protocol that the guides show; what was chosen once is shown again. */
export const by = signal<Protocol>(recall(slot) === 'rtmp' ? 'rtmp' : 'whip')

const choose = (next: Protocol) => {
  by.value = next
  remember(slot, next)
}

/** By chooses between the two protocols, where the server has both; it says when to take which. */
export function By({ whip, rtmp }: { whip: string; rtmp: string }) {
  const name = useId()
  if (info.value.rtmp === undefined) return <p>{whip}</p>
  return (
    <fieldset class="by">
      <legend>{say('by')}</legend>
      <div class="choices">
        {(['whip', 'rtmp'] as const).map((one) => (
          <label class="choice" key={one}>
            <input type="radio" name={name} value={one} checked={by.value === one} onChange={() => choose(one)} />
            {one.toUpperCase()}
          </label>
        ))}
      </div>
      <p class="hint">{by.value === 'rtmp' ? rtmp : whip}</p>
    </fieldset>
  )
}
