// Lines that fly over the stage. They are in the chat too, so that nobody needs to catch them.
import { signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { recall, remember } from '../ui/memory'
import { listen } from './session'
import { freeLane, type Flight } from './lanes'
import { Pace } from './pace'
import { large } from './view'

/** More at a time would hide what is below them. */
const most = 40
/** How long a line takes from edge to edge, ms. */
const flight = 8000
/** How long a line stands that does not move. */
const standing = 4000
const laneHeight = 34

export const flying = signal(recall('lectern.danmaku') !== 'off')

export function toggleFlying(): void {
  flying.value = !flying.value
  remember('lectern.danmaku', flying.value ? 'on' : 'off')
}

interface Item {
  text: string
  color?: string
  lane: string
}

/** Sky is the layer that lines fly in. It is nothing to a screen reader. */
export function Sky() {
  const element = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const lanes: (Flight | undefined)[] = []
    const pace = new Pace<Item>((item) => flying.value && launch(element.current!, lanes, item), most)
    const stop = listen<{ items: Item[] | null }>('danmaku', ({ items }) => flying.value && !document.hidden && pace.put(items ?? []))
    return () => {
      stop()
      pace.clear()
    }
  }, [])
  return <div class="sky" ref={element} aria-hidden="true" />
}

const still = matchMedia('(prefers-reduced-motion: reduce)')

function launch(sky: HTMLElement, lanes: (Flight | undefined)[], { text, color, lane }: Item): void {
  if (sky.childElementCount >= most) return
  const sprite = document.createElement('span')
  sprite.textContent = text
  if (color && /^#[0-9a-f]{6}$/i.test(color)) sprite.style.color = color
  sky.append(sprite)
  const rows = Math.max(2, Math.floor(sky.clientHeight / laneHeight))
  const rolling = lane === 'roll' && !still.matches
  const path = { at: performance.now(), width: sprite.offsetWidth, sky: sky.clientWidth, flight }
  // One that stands has its row for itself.
  const row = freeLane(lanes, lane === 'bottom' ? allowed(rows).reverse() : allowed(rows), rolling ? path : { ...path, width: Infinity, flight: standing })
  if (row === undefined) return sprite.remove() // the sky is full: it is in the chat
  sprite.style.top = `${row * laneHeight}px`
  const away = () => sprite.remove()
  if (!rolling) {
    sprite.classList.add('still')
    setTimeout(away, standing)
    return
  }
  const frames = [{ transform: `translateX(${sky.clientWidth}px)` }, { transform: `translateX(${-sprite.offsetWidth}px)` }]
  sprite.animate(frames, { duration: flight, easing: 'linear' }).finished.then(away, away)
}

/** Over slides, lines keep to the upper and the lower third: the middle is read. */
function allowed(rows: number): number[] {
  const all = Array.from({ length: rows }, (_, row) => row)
  if (large.value === undefined || large.value > 0) return all
  return all.filter((row) => row < rows / 3 || row >= (rows * 2) / 3)
}
