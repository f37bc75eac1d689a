// The test clock: a picture that shows the time, for people and as a barcode, and a beep at each full second. A player
// that reads the barcode knows how old the picture is.
import { columns, encode, rows, share } from '../lib/barcode'
import { tick } from './ticker'

const [width, height] = [1280, 720]
const fps = 30
/** Length of the beep, seconds. */
const beep = 0.08

/** clockSource starts the clock; close ends it. */
export function clockSource(): { stream: MediaStream; close(): void } {
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = height
  const context = canvas.getContext('2d', { alpha: false })!
  let last = 0
  let frame = 0
  const draw = () => {
    const now = Date.now()
    if (now - last < 1000 / fps - 4) return
    last = now
    paint(context, now)
  }
  const loop = () => {
    draw()
    frame = requestAnimationFrame(loop)
  }
  draw()
  const stream = canvas.captureStream() // as often as it is drawn: a rate given here would beat against ours
  loop()
  const stop = tick(fps, draw) // a hidden page gets no animation frames
  const sound = beeper()
  for (const track of sound.tracks) stream.addTrack(track)

  return {
    stream,
    close() {
      cancelAnimationFrame(frame)
      stop()
      sound.close()
      stream.getTracks().forEach((track) => track.stop())
    },
  }
}

function paint(context: CanvasRenderingContext2D, now: number): void {
  const date = new Date(now)
  const fraction = (now % 1000) / 1000
  context.fillStyle = fraction < beep ? '#2dd4bf' : '#10201f' // flashes with the beep
  context.fillRect(0, 0, width, height)

  const cell = { width: width / columns, height: (height * share) / rows }
  for (const [i, white] of encode(now).entries()) {
    context.fillStyle = white ? '#fff' : '#000'
    context.fillRect(Math.floor((i % columns) * cell.width), Math.floor(i / columns) * cell.height, Math.ceil(cell.width), cell.height)
  }

  context.fillStyle = '#0f766e'
  context.fillRect(0, height - 40, width * fraction, 40)
  context.fillStyle = '#e6fffb'
  context.textAlign = 'center'
  context.textBaseline = 'middle'
  context.font = '600 150px ui-monospace, monospace'
  context.fillText(`${date.toTimeString().slice(0, 8)}`, width / 2, height * 0.52)
  context.font = '500 64px ui-monospace, monospace'
  context.fillText(`.${String(now % 1000).padStart(3, '0')}`, width / 2, height * 0.74)
}

/** beeper gives a track that beeps at each full second of the clock on the wall. */
function beeper(): { tracks: MediaStreamTrack[]; close(): void } {
  const context = new AudioContext()
  void context.resume().catch(() => undefined) // without a click there is no sound yet: the next click brings it
  const out = context.createMediaStreamDestination()
  const gain = context.createGain()
  gain.gain.value = 0
  gain.connect(out)
  const tone = context.createOscillator()
  tone.frequency.value = 880
  tone.connect(gain)
  tone.start()
  let planned = 0
  const timer = setInterval(() => {
    const now = Date.now()
    const second = Math.ceil(now / 1000) * 1000
    if (second === planned || context.state !== 'running') return
    planned = second
    const at = context.currentTime + (second - now) / 1000
    gain.gain.setValueAtTime(0.4, at)
    gain.gain.setValueAtTime(0, at + beep)
  }, 250)
  const wake = () => void context.resume()
  addEventListener('pointerdown', wake)
  return {
    tracks: out.stream.getTracks(),
    close() {
      removeEventListener('pointerdown', wake)
      clearInterval(timer)
      void context.close()
    },
  }
}
