import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { diagnose, type Diagnosis, type Flowing } from '../lib/diagnosis'
import { common } from '../text/frame'
import { language, settle } from '../text/language'
import { say, type Key } from '../text/more'
import { dialog } from './dialogs'
import { codecName, rate } from './format'
import { CopyButton } from './frame'
import { journal } from './journal'
import { Modal } from './modal'
import { written, type Subject } from './report'

await settle() // its words came with it

const close = () => (dialog.value = undefined)

/** Dialog is what stands before the page until it is closed, and then gives the focus back. */
export function Dialog({ title, narrow = false, children }: { title: string; narrow?: boolean; children: ComponentChildren }) {
  return (
    <Modal title={title} label={say('close')} kind={narrow ? 'narrow' : ''} close={close}>
      {children}
    </Modal>
  )
}

/** Help lists the keys of a page, and those of all pages after them. */
export function Help({ keys }: { keys: readonly (readonly [keys: string[], does: string])[] }) {
  const all = [...keys, [['?'], say('help.open')], [['Shift + D'], say('diagnostics')]] as const
  return (
    <Dialog title={say('help')}>
      <dl class="keys">
        {all.map(([names, does]) => (
          <div key={does}>
            <dt>
              {names.map((name) => (
                <kbd key={name}>{name}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}

/** Diagnostics is everything there is to say about this page's connection, once a second, to copy and to keep. */
export function Diagnostics(subject: Subject) {
  const now = useSignal<Diagnosis | undefined>(undefined)
  const pc = useSignal(subject.pc?.())
  useEffect(() => {
    let at = performance.now()
    const look = async () => {
      const before = now.value
      const ms = performance.now() - at
      at = performance.now()
      pc.value = subject.pc?.()
      now.value = pc.value && (await diagnose(pc.value, before, ms).catch(() => before))
    }
    void look()
    const timer = setInterval(() => void look(), 1000)
    return () => clearInterval(timer)
  }, [])
  return (
    <Dialog title={say('diagnostics')}>
      <Facts rows={connection(pc.value, now.value)} />
      {now.value?.streams.map((stream) => (
        <section key={stream.id} class="flowing">
          <h3>{[say(stream.kind === 'audio' ? 'sound' : 'picture'), stream.rid && say('layer', { layer: stream.rid })].filter(Boolean).join(' · ')}</h3>
          <Facts rows={facts(stream)} />
        </section>
      ))}
      <section class="flowing">
        <h3>{say('events')}</h3>
        <Events />
      </section>
      <div class="actions">
        <CopyButton text={() => written(subject)} label={common('details')} kind="button small" />
        <button class="button small" type="button" onClick={() => void download(subject)}>
          {say('download')}
        </button>
        <p class="hint">{say('private')}</p>
      </div>
    </Dialog>
  )
}

type Row = readonly [label: string, value: string]

function Facts({ rows }: { rows: Row[] }) {
  return (
    <dl class="facts-list">
      {rows.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd class="numbers">{value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** connection speaks in WebRTC's own words, which is what people search for. */
function connection(pc: RTCPeerConnection | undefined, now: Diagnosis | undefined): Row[] {
  const states = pc ? [pc.connectionState, `ICE ${pc.iceConnectionState}`, `DTLS ${pc.getReceivers()[0]?.transport?.state ?? 'new'}`] : []
  return [
    [say('connection'), states.join(' · ') || say('path.none')],
    [say('path'), now?.path ? `${now.path.protocol.toUpperCase()} ${now.path.local} → ${now.path.remote}` : say('path.none')],
    ...(now?.rtt ? ([[say('round_trip'), `${Math.round(now.rtt)} ms`]] as const) : []),
  ]
}

const none = '–'

function facts(stream: Flowing): Row[] {
  const common: Row[] = [
    [say('format'), codecName(stream.codec) || none],
    [say('rate'), rate(stream.bps)],
    [say('lost'), String(stream.lost)],
    [say('jitter'), `${Math.round(stream.jitter)} ms`],
  ]
  if (stream.kind === 'audio') return common
  return [
    [say('picture'), stream.height > 0 ? `${stream.width} × ${stream.height} · ${Math.round(stream.fps)}/s` : none],
    ...common,
    [say('frames'), String(stream.frames)],
    stream.limit ? [say('limit'), say(limits[stream.limit] ?? 'limit.other')] : [say('freezes'), String(stream.freezes)],
    [say('nack'), String(stream.nack)],
    [say('pli'), String(stream.pli)],
    [say('coder'), stream.coder || none],
  ]
}

/** By WebRTC's words. */
const limits: Record<string, Key> = { none: 'limit.none', cpu: 'limit.cpu', bandwidth: 'limit.bandwidth' }

function Events() {
  if (journal.length === 0) return <p class="muted">{say('events.none')}</p>
  return (
    <ol class="events numbers" tabIndex={0}>
      {journal.toReversed().map(({ at, what }, i) => (
        <li key={journal.length - i}>
          <time dateTime={at.toISOString()}>{at.toLocaleTimeString(language.value)}</time> {what}
        </li>
      ))}
    </ol>
  )
}

async function download(subject: Subject): Promise<void> {
  const url = URL.createObjectURL(new Blob([await written(subject)], { type: 'application/json' }))
  const link = Object.assign(document.createElement('a'), { href: url, download: `lectern-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.json` })
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 1000)
}
