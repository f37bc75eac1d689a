import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { decodeKeyframe } from '../lib/keyframe'
import { getKeyframe } from '../lib/streams'
import { takeKey } from '../ui/address'

/** How often a picture is fetched, at most, and only while somebody can see it. */
const every = 10_000
const [width, height] = [480, 270]

/** Thumbnail is the last key frame of a live stream; the initials of its name until there is one. */
export function Thumbnail({ path, live }: { path: string; live: boolean }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const shown = useSignal(false)
  useEffect(() => {
    if (!live) return
    return whileSeen(canvas.current!, every, async () => {
      const frame = await getKeyframe(path, takeKey() || undefined).then((keyframe) => keyframe && decodeKeyframe(keyframe))
      if (!frame) return
      if (canvas.current) draw(canvas.current, frame)
      frame.close()
      shown.value = true
    })
  }, [path, live])
  return (
    <div class={shown.value ? 'thumbnail shown' : 'thumbnail'} style={{ '--hue': hue(path) }}>
      <span aria-hidden="true">{initials(path)}</span>
      <canvas ref={canvas} width={width} height={height} aria-hidden="true" />
    </div>
  )
}

/** whileSeen calls act when element comes into view and then so often, as long as it is in view on a page in front. */
function whileSeen(element: Element, ms: number, act: () => Promise<void>): () => void {
  let last = -Infinity
  let seen = false
  const look = () => {
    if (!seen || document.hidden || performance.now() - last < ms - 50) return
    last = performance.now()
    void act().catch(() => undefined) // the picture before stays
  }
  const observer = new IntersectionObserver(([entry]) => {
    seen = entry?.isIntersecting ?? false
    look()
  })
  observer.observe(element)
  const timer = setInterval(look, 1000)
  return () => {
    observer.disconnect()
    clearInterval(timer)
  }
}

/** draw puts the whole picture into the middle of the canvas. */
function draw(canvas: HTMLCanvasElement, frame: VideoFrame): void {
  const context = canvas.getContext('2d', { alpha: false })!
  const scale = Math.min(width / frame.displayWidth, height / frame.displayHeight)
  const [w, h] = [frame.displayWidth * scale, frame.displayHeight * scale]
  context.fillRect(0, 0, width, height)
  context.drawImage(frame, (width - w) / 2, (height - h) / 2, w, h)
}

function initials(path: string): string {
  const words = path.replace(/^.*\//, '').split(/[-_]+/).filter(Boolean)
  const letters = words.length > 1 ? words.map(([first]) => first).join('') : (words[0] ?? '')
  return letters.slice(0, 2).toUpperCase()
}

/** hue gives each name its own colour. */
function hue(path: string): number {
  return [...path].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)!) % 360, 7)
}
