import { say } from '../text/guide'
import { info } from '../ui/server'
import { By, by } from './by'
import { Check } from './check'
import { rtmpOf } from './rtmp'
import { withSecret } from './secret'
import { Command, Secret, type GuideProps } from './values'
import { whip } from './whip'

const picture = '-c:v libx264 -preset veryfast -tune zerolatency -bf 0 -g 30 -pix_fmt yuv420p -b:v 2500k'
const test = ['ffmpeg -re -f lavfi -i testsrc2=size=1280x720:rate=30', '-f lavfi -i sine=frequency=440:sample_rate=48000']
const file = ['ffmpeg -re -i input.mp4']

/** Ffmpeg gives command lines that work as they are. */
export function Ffmpeg({ name, secret }: GuideProps) {
  const port = by.value === 'rtmp' ? info.value.rtmp : undefined
  const tail = port === undefined ? byWhip(name, secret.value) : byRtmp(name, secret.value, port)
  return (
    <div class="guide">
      <By whip={say('ffmpeg.whip')} rtmp={say('ffmpeg.rtmp')} />
      {info.value.publish.key_needed && !secret.value && (
        <dl class="values">
          <Secret label={say('token')} secret={secret} value={(key) => key} />
        </dl>
      )}
      <Command title={say('ffmpeg.test')} lines={[...test, ...tail]} />
      <Command title={say('ffmpeg.file')} lines={[...file, ...tail]} />
      <Check who="FFmpeg" name={name} />
    </div>
  )
}

function byWhip(name: string, secret: string): string[] {
  return [picture, '-c:a libopus -ar 48000 -ac 2 -b:a 128k', `-f whip ${secret ? `-authorization '${secret}' ` : ''}'${whip(name)}'`]
}

function byRtmp(name: string, secret: string, port: number): string[] {
  const { server, key } = rtmpOf(name, location.hostname, port)
  return [picture, '-c:a aac -b:a 128k -ar 48000 -ac 2', `-f flv '${server}/${withSecret(key, secret)}'`]
}
