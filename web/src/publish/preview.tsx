import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { say, type Key } from '../text/publish'
import { meter } from '../ui/meter'
import * as studio from './studio'

/** Preview shows what is captured, or the button that captures. */
export function Preview() {
  const video = useRef<HTMLVideoElement>(null)
  const stream = studio.taken.value?.stream
  useEffect(() => {
    if (video.current) video.current.srcObject = stream ?? null
  }, [stream])
  return (
    <div class="preview">
      {studio.taken.value ? (
        <>
          <video class={studio.taken.value.kind === 'camera' ? 'mirrored' : ''} ref={video} autoplay muted playsinline aria-label={say('preview')} />
          <Meter track={stream?.getAudioTracks()[0]} />
        </>
      ) : (
        <Empty />
      )}
    </div>
  )
}

function Empty() {
  return (
    <div class="empty" role="status">
      {studio.opening.value ? (
        <>
          <strong>{say('permission')}</strong>
          <p>{say('permission.why')}</p>
        </>
      ) : (
        <>
          <p>{say('nothing')}</p>
          <button class="button" type="button" onClick={() => void studio.open()}>
            {say(`show_${studio.source.value}` as Key)}
          </button>
        </>
      )}
    </div>
  )
}

/** Meter shows that the microphone hears something, which no preview can. */
function Meter({ track }: { track: MediaStreamTrack | undefined }) {
  const bar = useRef<HTMLDivElement>(null)
  const quiet = useSignal(true)
  useEffect(() => {
    if (!track) return
    return meter(track, (level) => {
      bar.current?.style.setProperty('--level', level.toFixed(3))
      bar.current?.setAttribute('aria-valuenow', String(Math.round(level * 100)))
      quiet.value = level === 0
    })
  }, [track])
  if (!track || studio.muted.value) return <span class="sound badge">{say(track ? 'microphone_off' : 'silent')}</span>
  return <div class="meter" ref={bar} role="meter" aria-label={say('level')} aria-valuemin={0} aria-valuemax={100} aria-valuenow={0} />
}
