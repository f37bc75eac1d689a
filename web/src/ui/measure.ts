// Reads the test clock's barcode out of a playing video: the time from the clock's drawing to the picture on this screen.
import { decode, share } from '../lib/barcode'
import { Latency } from '../lib/latency'

const [width, height] = [240, 40]
/** Readings outside this range (milliseconds) come from another clock than this machine's, or from no clock at all. */
const [least, most] = [-1000, 60_000]

/** measure reads every frame of video until the function it returns is called. */
export function measure(video: HTMLVideoElement, latency: Latency, changed: () => void): () => void {
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = height
  const context = canvas.getContext('2d', { willReadFrequently: true })!
  let request = 0
  let before: number | undefined

  const read = (shownAt: number) => {
    if (video.videoWidth === 0) return
    context.drawImage(video, 0, 0, video.videoWidth, video.videoHeight * share, 0, 0, width, height)
    const time = decode(context.getImageData(0, 0, width, height).data, width, height, shownAt)
    if (time === undefined || time === before) return
    before = time
    const delay = shownAt - time
    if (delay < least || delay > most) return
    latency.add(Math.round(delay))
    changed()
  }

  // expectedDisplayTime counts the way to the screen in, too.
  const frame: VideoFrameRequestCallback = (called, { expectedDisplayTime }) => {
    read(Date.now() + Math.max(0, expectedDisplayTime - called))
    request = video.requestVideoFrameCallback(frame)
  }
  const tick = () => {
    read(Date.now())
    request = requestAnimationFrame(tick)
  }
  if ('requestVideoFrameCallback' in video) {
    request = video.requestVideoFrameCallback(frame)
    return () => video.cancelVideoFrameCallback(request)
  }
  tick() // older browsers: look at every repaint
  return () => cancelAnimationFrame(request)
}
