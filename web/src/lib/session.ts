// One WHIP or WHEP session: one resource on the server and one RTCPeerConnection here. Both protocols share it, for they
// differ only in who sends (RFC 9725; draft-ietf-wish-whep).
//
//     open ──201──▶ connecting ──▶ connected ⇄ interrupted (> 3 s: ICE restart) ──▶ closed
//
// A closed session is never opened again: connection.ts makes a new one.
import { Emitter } from './emitter'
import { iceServers, type Link } from './link'
import { Problem } from './problem'
import { Resource } from './resource'
import { fragment, iceOf, withIce, withStereo } from './sdp'

/** How long a disconnected transport may come back by itself before the session restarts ICE. */
const patience = 3000
/** How long an ICE start or restart may take. Servers drop half-open sessions after about 10 s. */
const connectTimeout = 12_000
/** How often a server may call our entity tag stale before we stop sending it candidates. */
const staleLimit = 2

export interface SessionEvents {
  /** Media can flow, for the first time or again. */
  connected: void
  /** The transport is away for longer than it takes to come back by itself; a restart has begun. */
  interrupted: void
  /** The session has ended for this reason, and not by close. */
  closed: Problem
}

export class Session extends Emitter<SessionEvents> {
  #resource: Resource | undefined
  #over = false
  #trickles = true
  #stale = 0
  #ufrag = '' // of the local ICE session that candidates must belong to
  #candidates: string[] = []
  #end: 'no' | 'due' | 'sent' = 'no'
  #flushing = false
  #patches: Promise<void> = Promise.resolve() // one PATCH after another: their order has a meaning
  #timer: ReturnType<typeof setTimeout> | undefined
  #listeners = new AbortController()

  /** The session owns pc from here on and closes it. */
  constructor(
    private readonly pc: RTCPeerConnection,
    private readonly endpoint: string,
    private readonly token: string | undefined,
    /** Changes an answer before the browser gets it. */
    private readonly tune: (answer: string) => string = (answer) => answer,
  ) {
    super()
  }

  /** What the server linked to when it made the session. */
  get links(): Link[] {
    return this.#resource?.links ?? []
  }

  /**
   * open sends the offer and applies the answer. The local description is set only when the answer is there: gathering
   * then starts with the ICE servers that the answer linked to (RFC 9725 §4.6). Rejects with a Problem.
   */
  async open(): Promise<void> {
    const sdp = withStereo((await this.pc.createOffer()).sdp ?? '')
    this.#resource = await Resource.create(this.endpoint, this.token, sdp)
    if (this.#over) return this.#resource.delete() // closed while the request was under way
    const servers = iceServers(this.links)
    try {
      if (servers.length > 0) this.pc.setConfiguration({ ...this.pc.getConfiguration(), iceServers: servers })
      this.#listen()
      this.#ufrag = iceOf(sdp)?.ufrag ?? ''
      await this.pc.setLocalDescription({ type: 'offer', sdp })
      await this.pc.setRemoteDescription({ type: 'answer', sdp: this.tune(this.#resource.answer) })
    } catch (error) {
      void this.close()
      throw new Problem('internal', `the browser does not take the answer: ${String(error)}`)
    }
    this.#watchTransport()
    this.#arm(connectTimeout, () => this.#fail('ice_failed', 'no connection within 12 seconds'))
  }

  /** close ends the session here and on the server. It never rejects, and may be called again. */
  async close(): Promise<void> {
    const deleted = this.#over ? undefined : this.#resource?.delete()
    this.#release()
    await deleted
  }

  /** drop is close for a page that is going away: the request outlives it. */
  drop(): void {
    if (!this.#over) void this.#resource?.delete(true)
    this.#release()
  }

  #release(): void {
    this.#over = true
    clearTimeout(this.#timer)
    this.#listeners.abort()
    this.pc.close()
  }

  #fail(...reason: ConstructorParameters<typeof Problem>): void {
    if (this.#over) return
    const problem = new Problem(...reason)
    if (problem.code === 'gone' || problem.code === 'closed') this.#release() // there is nothing left to delete
    else void this.close()
    this.emit('closed', problem)
  }

  #listen(): void {
    const { signal } = this.#listeners
    this.pc.addEventListener('icecandidate', (event) => this.#gathered(event.candidate), { signal })
    this.pc.addEventListener('connectionstatechange', () => this.#connectionChanged(), { signal })
  }

  /** A close alert from the server ends DTLS while ICE stays up, so that only the transport tells. */
  #watchTransport(): void {
    const transceiver = this.pc.getTransceivers()[0]
    const transport = transceiver?.sender.transport ?? transceiver?.receiver.transport
    const check = () => {
      if (transport?.state === 'closed') this.#fail('closed', 'the server ended the session')
    }
    transport?.addEventListener('statechange', check, { signal: this.#listeners.signal })
  }

  #connectionChanged(): void {
    switch (this.pc.connectionState) {
      case 'connected':
        clearTimeout(this.#timer)
        return this.emit('connected', undefined)
      case 'disconnected':
        return this.#arm(patience, () => {
          this.emit('interrupted', undefined)
          this.#patches = this.#patches.then(() => this.#restart())
        })
      case 'failed':
        return this.#fail('ice_failed', 'media finds no way through')
    }
  }

  #arm(ms: number, then: () => void): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(then, ms)
  }

  #gathered(candidate: RTCIceCandidate | null): void {
    if (candidate?.candidate) {
      const ufrag = candidate.usernameFragment
      if (ufrag && ufrag !== this.#ufrag) return // from before the restart
      this.#candidates.push(`a=${candidate.candidate}`)
    } else if (this.#end === 'no') {
      this.#end = 'due'
    }
    if (this.#flushing) return
    this.#flushing = true // what is gathered while another PATCH is under way goes out in one
    this.#patches = this.#patches.then(() => {
      this.#flushing = false
      return this.#sendCandidates()
    })
  }

  /** Trickle ICE, RFC 9725 §4.3.2. */
  async #sendCandidates(): Promise<void> {
    const local = this.pc.localDescription?.sdp ?? ''
    const ice = iceOf(local)
    if (!ice || !this.#live() || !this.#trickles || (this.#candidates.length === 0 && this.#end !== 'due')) return
    const candidates = this.#candidates.splice(0)
    const end = this.#end === 'due'
    if (end) this.#end = 'sent'
    const body = fragment(local, { ufrag: ice.ufrag, pwd: ice.pwd, candidates, end })
    const response = await this.#patch(body, this.#resource?.etag ?? null)
    if (!response || response.ok) return
    if (response.status === 412 && ++this.#stale <= staleLimit) return this.#restart(true) // its ICE session is not ours
    this.#trickles = false // 405, 415, 422, 428: no trickle here; the server learns our addresses from the checks
  }

  /**
   * ICE restart, RFC 9725 §4.3.3. As in open, nothing changes here before the server has agreed: a refused restart
   * leaves the old ICE session alone. Unless forced it is called off when the transport has come back.
   */
  async #restart(forced = false): Promise<void> {
    if (!this.#live() || (!forced && this.pc.connectionState === 'connected')) return
    const sdp = withStereo((await this.pc.createOffer({ iceRestart: true })).sdp ?? '')
    const local = iceOf(sdp)
    if (!local) return
    const response = await this.#patch(fragment(sdp, { ...local, candidates: [], end: false }), '*')
    const remote = response?.status === 200 ? iceOf(await response.text()) : undefined
    const before = this.pc.remoteDescription?.sdp
    if (!this.#live()) return
    if (!response || !remote || !before) return this.#fail('ice_failed', 'the connection was lost, and could not be restarted', response?.status)
    this.#resource!.etag = response.headers.get('ETag')
    this.#ufrag = local.ufrag
    this.#candidates = []
    this.#end = 'no'
    await this.pc.setLocalDescription({ type: 'offer', sdp })
    await this.pc.setRemoteDescription({ type: 'answer', sdp: withIce(before, remote) })
    this.#arm(connectTimeout, () => this.#fail('ice_failed', 'the connection was lost'))
  }

  async #patch(body: string, ifMatch: string | null): Promise<Response | undefined> {
    const response = await this.#resource?.patch(body, ifMatch, () => this.#live())
    if (response?.status === 404 || response?.status === 410) this.#fail('gone', 'the server forgot this session', response.status)
    return response
  }

  #live(): boolean {
    return !this.#over
  }
}
