// What is good and what is not about what an encoder sends, fact by fact.
import type { PublisherProblem, Stream } from '../lib/streams'
import type { Values } from '../text/format'
import type { Key } from '../text/guide'
import { codecName } from '../ui/format'
import { largest } from './facts'

/** Mark is a verdict on one fact; undefined where there is nothing to judge. */
export type Mark = 'good' | 'warn' | 'bad' | undefined

export interface Fact {
  text: Key
  values?: Values
  mark: Mark
  /** What to do about it, in few words. */
  fix?: Key
}

/** factsOf says what arrives at the server. What the server does not look into is known from what viewers get. */
export function factsOf({ publisher, tracks }: Stream): Fact[] {
  const { video, audio } = publisher ?? {}
  const problems = publisher?.problems ?? []
  const verdict = (...codes: string[]): Mark => {
    const found = problems.filter(({ code }) => codes.includes(code))
    return found.length === 0 ? 'good' : found.some(({ grave }) => grave) ? 'bad' : 'warn'
  }
  const facts: Fact[] = []
  const plain = (value: string, mark: Mark) => facts.push({ text: 'fact', values: { value }, mark })

  const shown = largest(tracks)
  const format = [codecName(video?.codec ?? shown?.codec ?? ''), video?.profile].filter(Boolean).join(' ')
  if (format) plain(format, video && verdict('video_unsupported'))
  else facts.push({ text: 'fact.no_picture', mark: verdict('no_video') === 'good' ? undefined : verdict('no_video') })
  const size = sizeOf(video ?? shown ?? {})
  if (size) plain(size, undefined)
  if (video?.key_frame_interval) {
    const mark = verdict('key_frame_interval')
    facts.push({ text: 'fact.key_frame', values: { s: video.key_frame_interval.toFixed(1) }, mark, ...(mark !== 'good' && { fix: 'fix.key_frame' }) })
  }
  if (video?.b_frames !== undefined) {
    if (video.b_frames === 0) facts.push({ text: 'fact.no_b_frames', mark: 'good' })
    else facts.push({ text: 'fact.b_frames', values: { n: video.b_frames }, mark: verdict('b_frames') === 'bad' ? 'bad' : 'warn', fix: 'fix.b_frames' })
  }
  if (audio) facts.push(soundOf(audio, verdict('audio_unsupported', 'audio_transcoder_missing', 'audio_transcoders_busy')))
  else if (tracks.some(({ kind }) => kind === 'audio')) plain(codecName(tracks.find(({ kind }) => kind === 'audio')!.codec), undefined)
  else facts.push({ text: 'fact.no_sound', mark: undefined })
  return facts
}

type Sound = NonNullable<NonNullable<Stream['publisher']>['audio']>

function soundOf({ codec, sample_rate, output, transcoder }: Sound, verdict: Mark): Fact {
  const sound = [codec, sample_rate && `${sample_rate / 1000} kHz`].filter(Boolean).join(' ')
  if (!output) return { text: 'fact.mute', values: { sound }, mark: 'bad' }
  if (!transcoder) return { text: 'fact', values: { value: sound }, mark: verdict }
  return { text: 'fact.transcoded', values: { sound, output }, mark: verdict }
}

/** sizeOf writes size and rate as people do: 1080p60. */
function sizeOf({ width = 0, height = 0, fps = 0 }: { width?: number; height?: number; fps?: number }): string {
  if (!height) return ''
  return `${Math.min(width, height) || height}p${fps > 0 ? Math.round(fps) : ''}`
}

/** Explained is a problem in the words of the page, where it has some, else in the server's. */
export interface Explained {
  text: Key | undefined
  fix: Key | undefined
  values: Values
}

/** Problems with sentences of their own. What helps against a format depends on what is wrong with it: the server knows. */
const known: Record<string, { text: Key; fix?: Key }> = {
  key_frame_interval: { text: 'problem.key_frame_interval', fix: 'problem.key_frame_interval.fix' },
  audio_unsupported: { text: 'problem.audio_unsupported', fix: 'problem.audio.fix' },
  audio_transcoder_missing: { text: 'problem.audio_transcoder_missing', fix: 'problem.audio_transcoder_missing.fix' },
  audio_transcoders_busy: { text: 'problem.audio_transcoders_busy', fix: 'problem.audio.fix' },
  video_transcoders_busy: { text: 'problem.video_transcoders_busy', fix: 'problem.b_frames.fix' },
  video_unsupported: { text: 'problem.video_unsupported' },
  no_video: { text: 'problem.no_video', fix: 'problem.no_video.fix' },
  timestamps_jump: { text: 'problem.timestamps_jump', fix: 'problem.timestamps_jump.fix' },
  bitrate_excess: { text: 'problem.bitrate_excess', fix: 'problem.bitrate_excess.fix' },
}

const aboutBFrames: Record<string, Key> = { drop: 'problem.b_frames.drop', reject: 'problem.b_frames.reject', transcode: 'problem.b_frames.transcode' }

/** explained finds the words for a problem. */
export function explained({ code, grave }: Pick<PublisherProblem, 'code' | 'grave'>, { publisher }: Stream): Explained {
  const { video, audio } = publisher ?? {}
  const values = { s: (video?.key_frame_interval ?? 0).toFixed(1), picture: codecName(video?.codec ?? ''), sound: audio?.codec ?? '' }
  // Of B-frames that others refer to, next to nothing is left when they are left out.
  if (code === 'b_frames' && grave && video?.b_frame_policy === 'drop') return { text: 'problem.b_frames.needed', fix: 'problem.b_frames.needed.fix', values }
  if (code === 'b_frames') return { text: aboutBFrames[video?.b_frame_policy ?? ''] ?? 'problem.b_frames', fix: 'problem.b_frames.fix', values }
  const nameless = (code.startsWith('video_') && !values.picture) || (code.startsWith('audio_') && !values.sound)
  return { text: nameless ? undefined : known[code]?.text, fix: known[code]?.fix, values }
}
