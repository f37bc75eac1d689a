import { useId } from 'preact/hooks'
import { fitting, type Preset } from '../lib/presets'
import { say, type Key } from '../text/publish'
import { codecName } from '../ui/format'
import { CopyButton } from '../ui/frame'
import { info } from '../ui/server'
import { codecs } from './codecs'
import * as studio from './studio'

/** Settings is the form whose submission goes live. */
export function Settings() {
  const submit = (event: Event) => {
    event.preventDefault()
    void studio.goLive()
  }
  return (
    <form id="settings" class="form card" onSubmit={submit}>
      <Sources />
      <Name />
      {(info.value.publish.key_needed || studio.key.value || studio.failure.value?.remedy === 'key') && <Key />}
      <Devices />
      <QualityChoice />
      <Advanced />
    </form>
  )
}

function Sources() {
  return (
    <fieldset>
      <legend>{say('send')}</legend>
      <div class="choices">
        {studio.kinds.map((kind) => (
          <label class="choice" key={kind}>
            <input type="radio" name="source" value={kind} checked={studio.source.value === kind} disabled={studio.opening.value} onChange={() => studio.choose(kind)} />
            {say(kind)}
          </label>
        ))}
      </div>
      <p class="hint">{say(`${studio.source.value}.hint`)}</p>
    </fieldset>
  )
}

function Name() {
  const wrong = studio.nameWrong.value
  return (
    <div class="field">
      <label for="name">{say('name')}</label>
      <input
        id="name"
        value={studio.name.value}
        disabled={studio.busy.value}
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        aria-invalid={wrong}
        aria-describedby="name-hint"
        onInput={(event) => {
          studio.name.value = event.currentTarget.value.trim()
          studio.nameWrong.value = false
        }}
      />
      <span class="hint" id="name-hint">
        {wrong ? say('name.wrong') : say('name.hint', { address: `${location.host}/watch/${studio.name.value}` })}
      </span>
    </div>
  )
}

function Key() {
  return (
    <div class="field">
      <label for="key">{say('key')}</label>
      <input id="key" type="password" value={studio.key.value} disabled={studio.busy.value} autocomplete="off" aria-describedby="key-hint" onInput={(event) => (studio.key.value = event.currentTarget.value.trim())} />
      <span class="hint" id="key-hint">
        {say(info.value.publish.key_needed ? 'key.needed' : 'key.free')}
      </span>
    </div>
  )
}

/** Devices can be named once the browser has allowed one of them. */
function Devices() {
  const kind = studio.source.value
  const named = studio.devices.value.filter(({ label }) => label !== '')
  if ((kind !== 'camera' && kind !== 'both') || named.length === 0) return null
  return (
    <div class="pair">
      <Device kind="camera" input="videoinput" label={say('camera_device')} chosen={studio.camera.value} all={named} />
      <Device kind="microphone" input="audioinput" label={say('microphone')} chosen={studio.microphone.value} all={named} />
    </div>
  )
}

interface DeviceProps {
  kind: 'camera' | 'microphone'
  input: MediaDeviceKind
  label: string
  chosen: string
  all: MediaDeviceInfo[]
}

function Device({ kind, input, label, chosen, all }: DeviceProps) {
  const own = all.filter((device) => device.kind === input && device.deviceId !== '')
  const used = studio.taken.value?.devices.find((track) => track.kind === (kind === 'camera' ? 'video' : 'audio') && track.getSettings().displaySurface === undefined)
  return (
    <Select label={label} value={chosen || (used?.getSettings().deviceId ?? '')} change={(id) => studio.chooseDevice(kind, id)} disabled={studio.opening.value}>
      {own.map((device, i) => (
        <option key={device.deviceId} value={device.deviceId}>
          {device.label || say('device', { kind: label, n: i + 1 })}
        </option>
      ))}
      {kind === 'microphone' && <option value="none">{say('no_microphone')}</option>}
    </Select>
  )
}

function QualityChoice() {
  const given = studio.given.value
  const choose = (value: string) => void studio.setPreset(value as Preset)
  return (
    <Select label={say('quality')} value={studio.preset.value} change={choose} hint={given && say('given', given)}>
      {fitting(studio.screenIs(studio.source.value)).map((preset) => (
        <option key={preset} value={preset}>
          {say(`preset.${preset}`)}
        </option>
      ))}
      {studio.preset.value === 'own' && <option value="own">{say('preset.own')}</option>}
    </Select>
  )
}

/** Bounds of own values: what encoders take. */
const bounds = { height: [90, 4320], fps: [1, 120], kbps: [50, 100_000] } as const

function Advanced() {
  const { height, fps, bps } = studio.quality.value
  const set = (change: Partial<typeof studio.quality.value>) => void studio.setQuality({ ...studio.quality.value, ...change })
  const locked = studio.busy.value
  const format = codecName(studio.codec.value)
  const known = ['VP8', 'H.264', 'VP9', 'AV1', 'H.265', ''].includes(format)
  return (
    <details class="advanced">
      <summary>{say('advanced')}</summary>
      <div class="form">
        <Select label={say('codec')} value={studio.codec.value} change={(value) => (studio.codec.value = value)} disabled={locked} hint={known ? say(`codec.${format.replace('.', '')}` as Key) : undefined}>
          <option value="">{say('automatic')}</option>
          {codecs.map((type) => (
            <option key={type} value={type}>
              {codecName(type)}
            </option>
          ))}
        </Select>
        <Check label={say('simulcast')} hint={locked ? say('locked') : say('simulcast.hint')} checked={studio.simulcast.value} disabled={locked} change={(on) => (studio.simulcast.value = on)} />
        <Check label={say('music')} hint={say('music.hint')} checked={studio.music.value} change={studio.setMusic} />
        <div class="pair">
          <Number label={say('rate')} value={Math.round(bps / 1000)} bounds={bounds.kbps} change={(kbps) => set({ bps: kbps * 1000 })} />
          <Number label={say('height')} value={height} bounds={bounds.height} change={(height) => set({ height })} />
          <Number label={say('frame_rate')} value={fps} bounds={bounds.fps} change={(fps) => set({ fps })} />
        </div>
        <CopyButton text={studio.settingsLink} label={say('copy_settings')} kind="button small" />
      </div>
    </details>
  )
}

interface SelectProps {
  label: string
  value: string
  change: (value: string) => void
  disabled?: boolean
  hint?: string | undefined
  children: preact.ComponentChildren
}

function Select({ label, value, change, disabled, hint, children }: SelectProps) {
  const id = useId()
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={value} disabled={disabled} aria-describedby={hint && `${id}-hint`} onChange={(event) => change(event.currentTarget.value)}>
        {children}
      </select>
      {hint && (
        <span class="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
    </div>
  )
}

function Check({ label, hint, checked, disabled, change }: { label: string; hint: string; checked: boolean; disabled?: boolean; change: (on: boolean) => void }) {
  const id = useId()
  return (
    <div class="check-field">
      <input id={id} type="checkbox" checked={checked} disabled={disabled} aria-describedby={`${id}-hint`} onChange={(event) => change(event.currentTarget.checked)} />
      <label for={id}>{label}</label>
      <span class="hint" id={`${id}-hint`}>
        {hint}
      </span>
    </div>
  )
}

function Number({ label, value, bounds: [least, most], change }: { label: string; value: number; bounds: readonly [number, number]; change: (value: number) => void }) {
  const id = useId()
  const changed = (event: Event & { currentTarget: HTMLInputElement }) => {
    const next = event.currentTarget.valueAsNumber
    if (next >= least && next <= most) change(next)
    else event.currentTarget.valueAsNumber = value
  }
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input id={id} type="number" inputmode="numeric" min={least} max={most} value={value} onChange={changed} />
    </div>
  )
}
