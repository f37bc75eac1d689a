import '../styles/base.css'
import '../styles/home.css'
import { signal } from '@preact/signals'
import { render } from 'preact'
import { listStreams, pathOf, short, watchStreams, type Stream } from '../lib/streams'
import { nameFrom, takeKey, validName } from '../ui/address'
import { clock, codecName } from '../ui/format'
import { Header } from '../ui/frame'

const streams = signal<Stream[] | undefined>(undefined)
const stale = signal(false) // what is shown may be out of date
const now = signal(Date.now())

let fetching = false
let again = false

/** refresh fetches the list; asked for while it does, it fetches once more. */
async function refresh(): Promise<void> {
  again = true
  if (fetching) return
  fetching = true
  while (again) {
    again = false
    try {
      streams.value = await listStreams()
      stale.value = false
    } catch {
      stale.value = true
    }
  }
  fetching = false
}

function viewersChanged(stream: string, viewers: number): void {
  streams.value = streams.value?.map((known) => (pathOf(known) === short(stream) ? { ...known, viewers } : known))
}

function Page() {
  return (
    <>
      <Header page="streams" />
      <main class="home">
        <Live />
        <section class="entrances" aria-label="Begin">
          <a class="entrance" href="/publish">
            <strong>Go live</strong>
            <span class="muted">Send your camera, your screen or a test clock from this browser.</span>
          </a>
          <OpenStream />
        </section>
      </main>
    </>
  )
}

function OpenStream() {
  const submit = (event: SubmitEvent & { currentTarget: HTMLFormElement }) => {
    event.preventDefault()
    const typed = String(new FormData(event.currentTarget).get('name')).trim()
    const path = typed.startsWith('http') ? new URL(typed).pathname : `/watch/${typed}`
    const name = nameFrom(path, 'watch')
    if (validName(name)) location.assign(`/watch/${name}`)
  }
  return (
    <form class="card open field" onSubmit={submit}>
      <label for="name">Watch a stream by its name</label>
      <div>
        <input id="name" name="name" required autocomplete="off" autocapitalize="none" spellcheck={false} pattern="https?://.*|[A-Za-z0-9_\-]{1,64}(/[A-Za-z0-9_\-]{1,64}){0,3}" title="Letters, digits, - and _" />
        <button class="button" type="submit">
          Watch
        </button>
      </div>
    </form>
  )
}

function Live() {
  const all = streams.value
  const live = all?.filter((stream) => stream.state === 'live').length ?? 0
  return (
    <section class={stale.value ? 'list stale' : 'list'} aria-live="polite">
      <h1>{live > 0 ? `Live now (${live})` : 'Live now'}</h1>
      {stale.value && <p class="muted">The server does not answer. Trying again…</p>}
      {all?.length === 0 && !stale.value && <p class="muted">Nobody is live. As soon as somebody is, the stream shows up here.</p>}
      {!all && !stale.value && <p class="muted">Looking…</p>}
      <ul class="streams">
        {all?.map((stream) => (
          <Entry key={pathOf(stream)} stream={stream} />
        ))}
      </ul>
    </section>
  )
}

function Entry({ stream }: { stream: Stream }) {
  const live = stream.state === 'live'
  const since = live && stream.since ? Date.parse(stream.since) : NaN
  const video = stream.tracks?.find((track) => track.kind === 'video')
  const facts = [
    video?.height && `${video.width} × ${video.height}`,
    ...(stream.tracks ?? []).filter((track) => !track.rid || track === video).map((track) => codecName(track.codec)),
    stream.publisher && `by ${stream.publisher.protocol.toUpperCase()}`,
    stream.viewers === 1 ? '1 viewer' : `${stream.viewers} viewers`,
  ]
  return (
    <li>
      <a href={`/watch/${pathOf(stream)}`}>
        <span class={live ? 'dot live' : 'dot'} />
        <strong>{pathOf(stream)}</strong>
        <span class="badge numbers">{live ? (Number.isNaN(since) ? 'Live' : `Live ${clock(now.value - since)}`) : 'Waiting'}</span>
        <span class="facts small muted">{facts.filter(Boolean).join(' · ')}</span>
      </a>
    </li>
  )
}

takeKey()
render(<Page />, document.getElementById('page')!)
void refresh()
watchStreams(
  ({ type, stream, viewers }) => (type === 'stream.viewers' && viewers !== undefined ? viewersChanged(stream, viewers) : void refresh()),
  (up) => (up ? void refresh() : (stale.value = true)),
)
setInterval(() => (now.value = Date.now()), 1000)
setInterval(() => stale.value && void refresh(), 4000)
