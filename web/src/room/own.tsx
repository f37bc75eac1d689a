import { language, languages, speak, type Language } from '../text/language'
import { say } from '../text/room'
import { common } from '../text/frame'
import { dark, switchTheme } from '../ui/theme'
import { stepDown } from './actions'
import { DeviceChoice } from './devicechoice'
import { singleKeys, toggleSingleKeys } from './singlekeys'
import * as session from './session'
import { close } from './sheets'

/** Own is what concerns this person alone. */
export function Own() {
  const down = () => {
    close()
    void stepDown()
  }
  return (
    <div class="own-settings">
      <DeviceChoice />
      <label class="tick">
        <input type="checkbox" checked={singleKeys.value} onChange={toggleSingleKeys} />
        {say('key.single')}
      </label>
      <div class="actions">
        {(Object.keys(languages) as Language[])
          .filter((code) => code !== language.value)
          .map((code) => (
            <button key={code} class="button small" type="button" lang={code} onClick={() => void speak(code)}>
              {languages[code]}
            </button>
          ))}
        <button class="button small" type="button" onClick={switchTheme}>
          {common(dark.value ? 'light' : 'dark')}
        </button>
        {session.onStage.value && (
          <button class="button small" type="button" onClick={down}>
            {say('step_down')}
          </button>
        )}
      </div>
    </div>
  )
}
