// How other programs send to this server: with the values that work here and now, each to copy.
import { useSignal, type Signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { watchStreams } from '../lib/events'
import { pathOf } from '../lib/names'
import { getStream, type Stream } from '../lib/streams'
import { say } from '../text/guide'
import { rememberKey } from './address'
import { codecName } from './format'
import { CopyButton } from './frame'
import { info, local } from './server'

interface GuideProps {
  name: string
  /** The key for publishing; "" when this tab has none. */
  secret: Signal<string>
}

/** Obs tells what to enter where in OBS. */
export function Obs({ name, secret }: GuideProps) {
  return (
    <div class="guide">
      <p>{say('obs.settings')}</p>
      <dl class="values">
        <Value label={say('service')} value="WHIP" />
        <Value label={say('server')} value={whip(name)} />
        <Key secret={secret} />
      </dl>
      <p>{say('obs.output')}</p>
      <dl class="values">
        <Value label={say('interval')} value={say('interval.value')} />
        <Value label={say('bframes')} value="0" hint={say('bframes.why')} />
        <Value label={say('tune')} value="zerolatency" />
        <Value label={say('rate')} value="4000 Kbps" />
      </dl>
      <Check name={name} />
      <p class="hint">{say('obs.note')}</p>
    </div>
  )
}

/** Ffmpeg gives command lines that work as they are. */
export function Ffmpeg({ name, secret }: GuideProps) {
  const tail = ['-c:v libx264 -preset veryfast -tune zerolatency -bf 0 -g 30 -pix_fmt yuv420p -b:v 2500k', '-c:a libopus -ar 48000 -ac 2 -b:a 128k', `-f whip ${secret.value ? `-authorization '${secret.value}' ` : ''}'${whip(name)}'`]
  const test = ['ffmpeg -re -f lavfi -i testsrc2=size=1280x720:rate=30', '-f lavfi -i sine=frequency=440:sample_rate=48000', ...tail]
  return (
    <div class="guide">
      <p>{say('ffmpeg.what')}</p>
      {info.value.publish.key_needed && !secret.value && (
        <dl class="values">
          <Key secret={secret} />
        </dl>
      )}
      <Command title={say('ffmpeg.test')} lines={test} />
      <Command title={say('ffmpeg.file')} lines={['ffmpeg -re -i input.mp4', ...tail]} />
      <Check name={name} />
    </div>
  )
}

/** Phone shows a code that leads a phone here. */
export function Phone({ name, secret }: GuideProps) {
  const studio = location.protocol === 'https:'
  const url = studio ? `${location.origin}/publish/${name}${secret.value ? `#k=${secret.value}` : ''}` : `${location.origin}/`
  if (local) return <p class="guide">{say('phone.local', { host: location.host })}</p>
  return (
    <div class="guide phone">
      <Code text={url} />
      <div class="guide">
        <p>{say('phone.scan')}</p>
        <p>{say(studio ? 'phone.studio' : 'phone.watch')}</p>
        {studio && secret.value && <p class="hint">{say('phone.key')}</p>}
        <code class="address">{url.replace(/#.*/, '')}</code>
      </div>
    </div>
  )
}

function whip(name: string): string {
  return `${location.origin}/whip/${name}`
}

function Value({ label, value, hint }: { label: string; value: string; hint?: string }) {
  return (
    <div class="value">
      <dt>{label}</dt>
      <dd>
        <code>{value}</code>
        {hint && <span class="hint">{hint}</span>}
        <CopyButton text={value} kind="button small" />
      </dd>
    </div>
  )
}

/** Key is the line about the bearer token: not needed, known, or to be entered. */
function Key({ secret }: { secret: Signal<string> }) {
  const shown = useSignal(false)
  const needed = info.value.publish.key_needed
  const submit = (event: SubmitEvent & { currentTarget: HTMLFormElement }) => {
    event.preventDefault()
    secret.value = String(new FormData(event.currentTarget).get('key')).trim()
    rememberKey(secret.value)
  }
  return (
    <div class="value">
      <dt>{say('token')}</dt>
      {secret.value ? (
        <dd>
          <code>{shown.value ? secret.value : '•'.repeat(12)}</code>
          <button class="button small" type="button" aria-pressed={shown.value} onClick={() => (shown.value = !shown.value)}>
            {say(shown.value ? 'hide' : 'show')}
          </button>
          <CopyButton text={secret.value} kind="button small" />
        </dd>
      ) : needed ? (
        <dd>
          <form class="enter" onSubmit={submit}>
            <label for="guide-key">{say('token.missing')}</label>
            <span>
              <input id="guide-key" name="key" type="password" autocomplete="off" required />
              <button class="button small" type="submit">
                {say('key')}
              </button>
            </span>
          </form>
        </dd>
      ) : (
        <dd class="hint">{say('token.free')}</dd>
      )}
    </div>
  )
}

function Command({ title, lines }: { title: string; lines: string[] }) {
  return (
    <section class="command" aria-label={title}>
      <div>
        <h3>{title}</h3>
        <CopyButton text={lines.join(' ')} kind="button small" />
      </div>
      <pre tabIndex={0}>
        <code>{lines.join(' \\\n  ')}</code>
      </pre>
    </section>
  )
}

/** Check says when the stream has arrived, and as what. */
function Check({ name }: { name: string }) {
  const stream = useSignal<Stream | undefined>(undefined)
  useEffect(() => {
    const look = () => void getStream(name).then((now) => (stream.value = now?.state === 'live' ? now : undefined)).catch(() => undefined) // the next event asks again
    look()
    return watchStreams(look, (up) => up && look(), name)
  }, [name])
  const live = stream.value
  return (
    <p class="check" role="status">
      <span class={live ? 'dot live' : 'dot'} />
      {live ? say('check.live', { name: pathOf(live), facts: facts(live) }) : say('check.none', { name })}
    </p>
  )
}

/** facts says in a few words what a stream consists of. */
export function facts({ tracks, publisher }: Stream): string {
  const video = largest(tracks)
  const audio = tracks.find((track) => track.kind === 'audio')
  const parts = [video?.height && `${video.width} × ${video.height}`, video && codecName(video.codec), audio && codecName(audio.codec), publisher?.protocol.toUpperCase()]
  return parts.filter(Boolean).join(' · ')
}

/** largest gives the video track, or its largest layer. */
export function largest(tracks: Stream['tracks']): Stream['tracks'][number] | undefined {
  return tracks.filter((track) => track.kind === 'video').sort((a, b) => (b.height ?? 0) - (a.height ?? 0))[0]
}

/** Code draws a QR code; its generator comes when it is wanted. */
function Code({ text }: { text: string }) {
  const path = useSignal('')
  const size = useSignal(0)
  useEffect(() => {
    void import('uqr').then(({ encode }) => {
      const code = encode(text, { ecc: 'M', border: 4 })
      size.value = code.size
      path.value = code.data.flatMap((row, y) => row.map((black, x) => (black ? `M${x} ${y}h1v1h-1z` : ''))).join('')
    })
  }, [text])
  return (
    <svg class="qr" viewBox={`0 0 ${size.value} ${size.value}`} role="img" aria-label={say('code', { url: text.replace(/#.*/, '') })} shape-rendering="crispEdges">
      <path d={path.value} />
    </svg>
  )
}
