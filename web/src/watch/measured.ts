// The latency that a test clock's picture tells, in words: only wanted by who measures.
import { settle } from '../text/language'
import { say } from '../text/more'
import { measure } from '../ui/measure'
import { latency, measured } from './player'

await settle() // its words came with it

/** begin measures until the function it returns is called. */
export function begin(video: HTMLVideoElement): () => void {
  const tell = () => (measured.value = latency.summary ? say('measured', { ...latency.summary }) : say('measuring'))
  tell()
  return measure(video, latency, tell)
}
