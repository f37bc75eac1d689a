import { say } from '../text/room'
import { available, choose, chosen } from './devices'

/** DeviceChoice offers the devices there are, once the browser tells their names. */
export function DeviceChoice() {
  return (
    <>
      <Choice device="camera" kind="videoinput" label={say('device.camera')} />
      <Choice device="mic" kind="audioinput" label={say('device.mic')} />
    </>
  )
}

function Choice({ device, kind, label }: { device: 'mic' | 'camera'; kind: MediaDeviceKind; label: string }) {
  const all = available.value.filter((one) => one.kind === kind)
  if (all.length < 2) return null
  return (
    <div class="field">
      <label for={`device-${device}`}>{label}</label>
      <select id={`device-${device}`} value={chosen.value[device]} onChange={(event) => void choose(device, event.currentTarget.value)}>
        <option value="">{say('device.default')}</option>
        {all.map(({ deviceId, label }) => (
          <option key={deviceId} value={deviceId}>
            {label}
          </option>
        ))}
      </select>
    </div>
  )
}
