// <lectern-player>: a live stream on any page, as one module from the server that has the stream.
//
//     <script type="module" src="https://live.example.org/player.js"></script>
//     <lectern-player src="https://live.example.org/whep/cam1" controls></lectern-player>
//
// Attributes: src is the WHEP endpoint; token a bearer token; muted starts without sound; controls shows a button for
// sound and one for the full screen. It starts by itself, also when the stream starts later, and never stays dead. Its
// state is in the property and the event `state`: the words of lib/whep.ts.
import { WhepClient, type WhepState } from '../lib/whep'
import { closest } from '../text/choice'
import { catalogs, type Key } from '../text/player'
import { autoplay, type Refused } from '../ui/autoplay'
import { css } from './style'

const words = catalogs[closest(navigator.languages)]

/** States in which the picture moves, or nothing has been asked for yet: nothing is said. */
const quiet = new Set<WhepState>(['idle', 'playing'])
/** States that only a person can end. */
const stuck = new Set<WhepState>(['denied', 'unsupported', 'failed', 'ended'])

class LecternPlayer extends HTMLElement {
  static observedAttributes = ['src', 'token', 'muted', 'controls']

  #client: WhepClient | undefined
  #refused: Refused = 'no'
  readonly #video = make('video', { playsInline: true, autoplay: true })
  readonly #message = make('div', { className: 'message' })
  readonly #pill = make('button', { className: 'pill', type: 'button' })
  readonly #bar = make('div', { className: 'bar' })

  constructor() {
    super()
    const root = this.attachShadow({ mode: 'open' })
    const sheet = new CSSStyleSheet() // a style element would need leave from the page's Content-Security-Policy
    sheet.replaceSync(css)
    root.adoptedStyleSheets = [sheet]
    this.#video.setAttribute('aria-label', words.video)
    this.#message.setAttribute('role', 'status')
    this.#pill.addEventListener('click', () => this.#allow())
    this.#bar.append(
      this.#button('sound', () => (this.#silent ? this.#allow() : this.#mute())),
      this.#button('fullscreen', () => void (document.fullscreenElement ? document.exitFullscreen() : this.requestFullscreen?.().catch(() => undefined))),
    )
    root.append(this.#video, this.#message, this.#pill, this.#bar)
  }

  /** What the player is doing. */
  get state(): WhepState {
    return this.#client?.state ?? 'idle'
  }

  connectedCallback(): void {
    this.#open()
    addEventListener('pagehide', this.#leave)
    addEventListener('online', this.#retry)
    document.addEventListener('visibilitychange', this.#retry)
  }

  disconnectedCallback(): void {
    removeEventListener('pagehide', this.#leave)
    removeEventListener('online', this.#retry)
    document.removeEventListener('visibilitychange', this.#retry)
    this.#close()
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (!this.isConnected || before === after) return
    if (name === 'src' || name === 'token') this.#open()
    if (name === 'muted') this.#video.muted = after !== null
    this.#show()
  }

  #open(): void {
    this.#close()
    const url = this.getAttribute('src')
    if (!url) return
    const client = new WhepClient({ url: new URL(url, location.href).href, token: this.getAttribute('token') ?? undefined })
    this.#client = client
    client.hidden = document.hidden
    client.on('stream', (stream) => {
      this.#video.srcObject = stream
      void this.#play(this.#video.muted || this.hasAttribute('muted'))
    })
    client.on('state', ({ state, problem }) => {
      this.#show()
      this.dispatchEvent(new CustomEvent('state', { detail: { state, problem: problem?.code } }))
    })
    client.start()
  }

  #close(): void {
    void this.#client?.stop()
    this.#client = undefined
    this.#video.srcObject = null
  }

  readonly #leave = () => this.#client?.dropOnUnload()

  readonly #retry = () => {
    if (!this.#client) return
    this.#client.hidden = document.hidden
    if (!document.hidden) this.#client.retry()
  }

  async #play(muted: boolean): Promise<void> {
    const result = await autoplay(this.#video, muted)
    if (result !== 'superseded') this.#refused = result
    this.#show()
  }

  get #silent(): boolean {
    return this.#video.muted || this.#refused !== 'no'
  }

  #allow(): void {
    if (stuck.has(this.state)) this.#client?.start()
    void this.#play(false)
  }

  #mute(): void {
    this.#video.muted = true
    this.#show()
  }

  #button(name: 'sound' | 'fullscreen', press: () => void): HTMLButtonElement {
    const button = make('button', { type: 'button', className: name })
    button.setAttribute('aria-label', words[name])
    button.title = words[name]
    button.addEventListener('click', press)
    return button
  }

  /** #show brings what is on the picture in line with the state. */
  #show(): void {
    const { state } = this
    this.#message.textContent = quiet.has(state) ? '' : words[(state in words ? state : 'failed') as Key]
    this.#video.classList.toggle('dimmed', !quiet.has(state))
    const pill: Key | undefined = stuck.has(state) ? 'again' : this.#refused === 'all' ? 'tap_play' : this.#refused === 'sound' ? 'tap_sound' : undefined
    this.#pill.hidden = !pill
    if (pill) this.#pill.textContent = words[pill]
    this.#bar.hidden = !this.hasAttribute('controls')
    this.#bar.querySelector('.sound')?.setAttribute('aria-pressed', String(!this.#silent))
  }
}

function make<K extends keyof HTMLElementTagNameMap>(tag: K, properties: Partial<HTMLElementTagNameMap[K]>): HTMLElementTagNameMap[K] {
  return Object.assign(document.createElement(tag), properties)
}

if (!customElements.get('lectern-player')) customElements.define('lectern-player', LecternPlayer)
