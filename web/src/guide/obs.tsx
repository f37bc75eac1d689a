// How other programs send to this server: with the values that work here and now, each to copy.
import { say } from '../text/guide'
import { info } from '../ui/server'
import { By, by } from './by'
import { Check } from './check'
import { rtmpOf } from './rtmp'
import { withSecret } from './secret'
import { Secret, Value, type GuideProps } from './values'
import { whip } from './whip'

/** Obs tells what to enter where in OBS. */
export function Obs({ name, secret }: GuideProps) {
  const rtmp = info.value.rtmp !== undefined && by.value === 'rtmp' ? rtmpOf(name, location.hostname, info.value.rtmp) : undefined
  return (
    <div class="guide">
      <By whip={say('obs.whip')} rtmp={say('obs.rtmp')} />
      <p>{say('obs.settings')}</p>
      {rtmp ? (
        <dl class="values">
          <Value label={say('service')} value={say('service.custom')} />
          <Value label={say('server')} value={rtmp.server} />
          <Secret label={say('stream_key')} secret={secret} free={rtmp.key} value={(key) => withSecret(rtmp.key, key)} />
        </dl>
      ) : (
        <dl class="values">
          <Value label={say('service')} value="WHIP" />
          <Value label={say('server')} value={whip(name)} />
          <Secret label={say('token')} secret={secret} value={(key) => key} />
        </dl>
      )}
      <p>{say('obs.output')}</p>
      <dl class="values">
        <Value label={say('interval')} value={say('interval.value')} />
        <Value label={say('bframes')} value="0" hint={say('bframes.why')} />
        <Value label={say('tune')} value="zerolatency" />
        <Value label={say('rate')} value="4000 Kbps" />
      </dl>
      <Check who="OBS" name={name} />
      {!rtmp && <p class="hint">{say('obs.note')}</p>}
    </div>
  )
}
