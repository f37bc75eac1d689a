import { useEffect, useRef } from 'preact/hooks'
import { say, type Key } from '../text/room'
import { ask, listen, may, onStage } from './session'

/** By the words of room.v1. */
export const faces = { clap: '👏', up: '👍', laugh: '😂', heart: '❤️', wow: '😮', sad: '😢' } as const

/** How many of one second are shown; the number says how many there were. One of each stands for all where nothing moves. */
const most = 6
const still = matchMedia('(prefers-reduced-motion: reduce)')

/** Rising shows reactions at the edge of the stage. They are counted by the second, and nobody's. */
export function Rising() {
  const element = useRef<HTMLDivElement>(null)
  useEffect(
    () =>
      listen<Record<string, number>>('reactions', (counts) => {
        const shown = still.matches ? 1 : most
        let place = 0
        for (const [kind, n] of Object.entries(counts)) {
          const face = faces[kind as keyof typeof faces]
          if (!face) continue
          for (let i = 0; i < Math.min(n, shown); i++) rise(element.current!, n > shown && i === 0 ? `${face} ${n}` : face, place++)
        }
      }),
    [],
  )
  return <div class="rising" ref={element} aria-hidden="true" />
}

function rise(edge: HTMLElement, text: string, i: number): void {
  if (document.hidden || edge.childElementCount > 24) return
  const sprite = document.createElement('span')
  sprite.textContent = text
  sprite.style.insetInlineEnd = `${8 + ((i * 37) % 90)}px`
  sprite.style.animationDelay = `${i * 120}ms`
  sprite.addEventListener('animationend', () => sprite.remove())
  edge.append(sprite)
}

/** What one can tell without words: a hand that asks for no answer on stage. */
const moods = ['done', 'slower', 'lost'] as const

/** Faces is the choice of reactions, and of moods for whoever may raise a hand. */
export function Faces({ done }: { done: () => void }) {
  const send = (k: string) => {
    void ask('react', { k })
    done()
  }
  const tell = (mood: string) => {
    void ask('hand.raise', { mood })
    done()
  }
  return (
    <div class="faces" role="group" aria-label={say('react')}>
      {Object.entries(faces).map(([kind, face]) => (
        <button key={kind} class="quiet" type="button" aria-label={say(`face.${kind}` as Key)} onClick={() => send(kind)}>
          {face}
        </button>
      ))}
      {may('hand') && !onStage.value && (
        <span class="moods">
          {moods.map((mood) => (
            <button key={mood} class="button small" type="button" onClick={() => tell(mood)}>
              {say(`mood.${mood}`)}
            </button>
          ))}
        </span>
      )}
    </div>
  )
}
