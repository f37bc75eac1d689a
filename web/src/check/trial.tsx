import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { say, type Key } from '../text/check'
import { meter } from '../ui/meter'

const reasons: Record<string, Key> = { NotAllowedError: 'try.blocked', NotFoundError: 'try.none', NotReadableError: 'try.busy', AbortError: 'try.busy' }

/** Trial opens microphone and camera, for this person alone, once a button is pressed. */
export function Trial() {
  const stream = useSignal<MediaStream | undefined>(undefined)
  const trouble = useSignal<Key | undefined>(undefined)
  const stop = () => {
    stream.value?.getTracks().forEach((track) => track.stop())
    stream.value = undefined
  }
  useEffect(() => {
    addEventListener('pagehide', stop)
    return () => removeEventListener('pagehide', stop)
  }, [])
  const start = async () => {
    trouble.value = undefined
    try {
      stream.value = await captured()
    } catch (error) {
      trouble.value = reasons[(error as DOMException).name] ?? 'try.busy'
    }
  }
  if (!navigator.mediaDevices) return null
  return (
    <section class="trial card" aria-label={say('try')}>
      {stream.value ? (
        <>
          <Tried stream={stream.value} />
          <button class="button" type="button" onClick={stop}>
            {say('try.stop')}
          </button>
        </>
      ) : (
        <>
          <p class="muted">{say('try.hint')}</p>
          <button class="button" type="button" onClick={() => void start()}>
            {say('try')}
          </button>
        </>
      )}
      {trouble.value && <p role="alert">{say(trouble.value)}</p>}
    </section>
  )
}

/** Who has no camera tries the microphone alone. */
async function captured(): Promise<MediaStream> {
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: true, video: true })
  } catch (error) {
    if ((error as DOMException).name !== 'NotFoundError') throw error
    return navigator.mediaDevices.getUserMedia({ audio: true })
  }
}

function Tried({ stream }: { stream: MediaStream }) {
  const video = useRef<HTMLVideoElement>(null)
  const bar = useRef<HTMLDivElement>(null)
  const heard = useSignal(false)
  const [mic, camera] = [stream.getAudioTracks()[0], stream.getVideoTracks()[0]]
  useEffect(() => {
    if (video.current) video.current.srcObject = stream
    return (
      mic &&
      meter(mic, (level) => {
        bar.current?.style.setProperty('--level', level.toFixed(3))
        bar.current?.setAttribute('aria-valuenow', String(Math.round(level * 100)))
        if (level > 0.3) heard.value = true
      })
    )
  }, [stream])
  return (
    <>
      {camera && <video ref={video} autoplay muted playsinline aria-label={say('try.picture')} />}
      <p class="small">{[mic?.label, camera?.label].filter(Boolean).join(' · ')}</p>
      <div class="meter" ref={bar} role="meter" aria-label={say('try.level')} aria-valuemin={0} aria-valuemax={100} aria-valuenow={0} />
      <p class="hint">{say(heard.value ? 'try.heard' : 'try.say')}</p>
    </>
  )
}
