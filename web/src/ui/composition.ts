// A screen with a camera in its corner, as one picture, and the sounds of both as one sound.
import { tick } from './ticker'

/** The camera's width as a share of the picture's, and its distance from the edges. */
const [share, margin] = [0.22, 0.02]
/** The longer side of the picture, at most. */
const most = 1920

/** compose draws both until close; it does not stop the tracks it was given. */
export async function compose(screen: MediaStream, camera: MediaStream, fps: number): Promise<{ stream: MediaStream; close(): void }> {
  const [back, front] = await Promise.all([playing(screen), playing(camera)])
  const canvas = document.createElement('canvas')
  const context = canvas.getContext('2d', { alpha: false })!
  const draw = () => {
    if (!back.videoWidth) return
    const scale = Math.min(1, most / Math.max(back.videoWidth, back.videoHeight))
    const [width, height] = [even(back.videoWidth * scale), even(back.videoHeight * scale)]
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height })
    context.drawImage(back, 0, 0, width, height)
    if (front.videoWidth) corner(context, front)
  }
  draw()
  const stop = tick(fps, draw)
  const stream = canvas.captureStream() // as often as it is drawn
  const sound = mix([...screen.getAudioTracks(), ...camera.getAudioTracks()])
  for (const track of sound.tracks) stream.addTrack(track)
  return {
    stream,
    close() {
      stop()
      sound.close()
      stream.getTracks().forEach((track) => track.stop())
      for (const video of [back, front]) video.srcObject = null
    },
  }
}

function corner(context: CanvasRenderingContext2D, video: HTMLVideoElement): void {
  const { width, height } = context.canvas
  const w = width * share
  const h = (w * video.videoHeight) / video.videoWidth
  const [x, y] = [width - w - width * margin, height - h - width * margin]
  context.save()
  context.beginPath()
  context.roundRect(x, y, w, h, width * 0.01)
  context.clip()
  context.drawImage(video, x, y, w, h)
  context.restore()
  context.strokeStyle = '#ffffffb0'
  context.lineWidth = Math.max(2, width / 640)
  context.stroke()
}

async function playing(stream: MediaStream): Promise<HTMLVideoElement> {
  const video = document.createElement('video')
  video.muted = true
  video.playsInline = true
  video.srcObject = new MediaStream(stream.getVideoTracks())
  await video.play()
  return video
}

/** mix makes one track of several; of one it makes no copy, and of none nothing. */
function mix(tracks: MediaStreamTrack[]): { tracks: MediaStreamTrack[]; close(): void } {
  if (tracks.length < 2) return { tracks, close: () => {} }
  const context = new AudioContext()
  const out = context.createMediaStreamDestination()
  for (const track of tracks) context.createMediaStreamSource(new MediaStream([track])).connect(out)
  return { tracks: out.stream.getAudioTracks(), close: () => void context.close() }
}

/** Encoders want even sizes. */
const even = (n: number) => Math.max(2, Math.round(n / 2) * 2)
