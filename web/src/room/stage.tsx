import { signal } from '@preact/signals'
import type { FunctionComponent } from 'preact'
import { useEffect } from 'preact/hooks'
import { say } from '../text/room'
import { Sky } from './danmaku'
import { Icon } from './icons'
import { Rising } from './reactions'
import { allowSound, Sound } from './sound'
import { Tile } from './tile'
import { boardOpen, large, soundRefused, taken } from './view'

const Board = signal<FunctionComponent | undefined>(undefined)

/** Stage is what everybody sees: the content, the board, the people. Tiles keep their places, so that nothing jumps. */
export function Stage() {
  const seats = taken.value
  useEffect(() => {
    if (boardOpen.value) void import('./board/board').then((module) => (Board.value = module.default))
  }, [boardOpen.value])
  const tiles = seats.length + (boardOpen.value ? 1 : 0)
  return (
    <section class={large.value === undefined ? 'stage grid' : 'stage with-large'} data-tiles={Math.min(tiles, 7)} aria-label={say('stage')}>
      <div class="tiles">
        {boardOpen.value && Board.value && <Board.value />}
        {seats.map((seat) => (
          <Tile key={seat.seat} seat={seat} />
        ))}
        {tiles === 0 && (
          <div class="empty">
            <strong>{say('stage.empty')}</strong>
            <p>{say('stage.empty.why')}</p>
          </div>
        )}
      </div>
      <Sound />
      <Sky />
      <Rising />
      {soundRefused.value && (
        <button class="button pill" type="button" onClick={allowSound}>
          <Icon name="mic" />
          {say('tap_sound')}
        </button>
      )}
    </section>
  )
}
