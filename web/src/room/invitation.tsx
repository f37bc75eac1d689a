import { useSignal, type Signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { diagnose, type Diagnosis } from '../lib/diagnosis'
import { say } from '../text/room'
import { meter } from '../ui/meter'
import { camera, letGo, mic, open as capture, stepUp } from './devices'
import { DeviceChoice } from './devicechoice'
import * as session from './session'
import { Sheet } from './sheet'
import { close } from './sheets'

/** Invitation asks for consent before anything of this person is seen or heard. */
export function Invitation() {
  const { invited } = session.state.value!
  const left = useSignal(seconds(invited?.until))
  const media = invited?.media ?? []
  useEffect(() => {
    const timer = setInterval(() => (left.value = seconds(invited?.until)), 250)
    return () => clearInterval(timer)
  }, [invited])
  const no = () => {
    letGo()
    void session.attempt(() => session.current()!.decline())
  }
  return (
    <Sheet title={say('invited')} close={no}>
      <p>{invited?.by?.name ? say('invited.by', { name: invited.by.name }) : say('invited.some')}</p>
      <Preview withCamera={media.length === 0 || media.includes('camera')} no={no} />
      <p class="hint numbers" aria-live="off">
        {say('invited.left', { s: left.value })}
      </p>
    </Sheet>
  )
}

/** StepUp is the same for those who need no invitation. */
export function StepUp() {
  const no = () => {
    letGo()
    close()
  }
  return (
    <Sheet title={say('reserved')} close={no}>
      <p>{say('reserved.why')}</p>
      <Preview withCamera no={no} after={close} />
    </Sheet>
  )
}

const seconds = (until = 0) => Math.max(0, Math.ceil((until - Date.now()) / 1000))

function Preview({ withCamera, no, after }: { withCamera: boolean; no: () => void; after?: () => void }) {
  const useMic = useSignal(true)
  const useCamera = useSignal(withCamera)
  useEffect(() => {
    if (useMic.value && !mic.value) void capture('mic').then((ok) => (useMic.value = ok))
  }, [useMic.value])
  useEffect(() => {
    if (useCamera.value && !camera.value) void capture('camera').then((ok) => (useCamera.value = ok))
  }, [useCamera.value])
  const join = (heard: boolean) => {
    void stepUp({ mic: heard && useMic.value, camera: useCamera.value })
    after?.()
  }
  return (
    <>
      <div class="preview-row">
        <OwnPicture shown={useCamera.value} />
        <div class="choices">
          <Tick label={say('preview.camera')} value={useCamera} />
          <Tick label={say('preview.mic')} value={useMic} />
          {useMic.value && mic.value && <Loudness track={mic.value} />}
          <DeviceChoice />
          <Path />
        </div>
      </div>
      <div class="actions">
        {useMic.value && mic.value && (
          <button class="button primary" type="button" onClick={() => join(true)}>
            {say('invited.join')}
          </button>
        )}
        <button class="button" type="button" onClick={() => join(false)}>
          {say('invited.muted')}
        </button>
        <button class="button" type="button" onClick={no}>
          {say('invited.no')}
        </button>
      </div>
    </>
  )
}

/** Path says whether sound and pictures get through, and how: it was found out when the room was entered. */
function Path() {
  const found = useSignal<Diagnosis | undefined>(undefined)
  useEffect(() => {
    const look = async () => {
      const pc = session.current()?.pcs.sub
      found.value = pc?.connectionState === 'connected' ? await diagnose(pc) : undefined
    }
    void look()
    const timer = setInterval(() => void look(), 1000)
    return () => clearInterval(timer)
  }, [])
  const path = found.value?.path
  const how = !path ? 'path.none' : path.protocol.toLowerCase() === 'udp' ? 'path.udp' : 'path.tcp'
  return <p class="hint">{say(how, { ms: Math.round(found.value?.rtt ?? 0) })}</p>
}

function Tick({ label, value }: { label: string; value: Signal<boolean> }) {
  return (
    <label class="tick">
      <input type="checkbox" checked={value.value} onChange={(event) => (value.value = event.currentTarget.checked)} />
      {label}
    </label>
  )
}

function OwnPicture({ shown }: { shown: boolean }) {
  const video = useRef<HTMLVideoElement>(null)
  const track = shown ? camera.value : undefined
  useEffect(() => {
    video.current!.srcObject = track ? new MediaStream([track]) : null
  }, [track])
  return <video ref={video} class="own" autoplay muted playsinline aria-label={say('preview.own')} />
}

/** Loudness shows that the microphone hears something. */
function Loudness({ track }: { track: MediaStreamTrack }) {
  const bar = useRef<HTMLDivElement>(null)
  const heard = useSignal(false)
  useEffect(
    () =>
      meter(track, (level) => {
        bar.current?.style.setProperty('--level', level.toFixed(3))
        bar.current?.setAttribute('aria-valuenow', String(Math.round(level * 100)))
        if (level > 0.3) heard.value = true
      }),
    [track],
  )
  return (
    <>
      <div class="meter" ref={bar} role="meter" aria-label={say('preview.level')} aria-valuemin={0} aria-valuemax={100} aria-valuenow={0} />
      <p class="hint">{say(heard.value ? 'preview.heard' : 'preview.say')}</p>
    </>
  )
}
