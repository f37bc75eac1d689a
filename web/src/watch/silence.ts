// Why a stream that has a sound is not heard: what its encoder sends cannot be made into what browsers play.
import { getStream } from '../lib/streams'
import { settle } from '../text/language'
import { say } from '../text/more'
import { takeKey } from '../ui/address'
import { name, silence } from './player'

await settle() // its words came with it

/** ask asks the server, and has the reason shown if there is one. */
export async function ask(): Promise<void> {
  const stream = await getStream(name, takeKey() || undefined).catch(() => undefined)
  const { audio, problems = [] } = stream?.publisher ?? {}
  const missing = problems.some(({ code }) => code === 'audio_transcoder_missing')
  silence.value = audio && !audio.output ? () => say(missing ? 'silence.transcoder' : 'silence', { codec: audio.codec }) : undefined
}
