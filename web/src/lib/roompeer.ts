// The two PeerConnections of a room. The client always offers: `sub` takes what all seats show, on m-lines that never
// change, and `pub` gives what this person shows while on stage.
import { Emitter } from './emitter'
import { encodings, withStartRate } from './encodings'
import { pause, RoomError } from './roomlink'
import type { Rtc } from './roomtypes'

/** Ask makes a request of the room and gives the reply. */
export type Ask = <T>(type: string, data: unknown) => Promise<T>

/** What one person can send. */
export type Source = 'mic' | 'camera' | 'screen' | 'screen_audio'
export const sources: readonly Source[] = ['mic', 'camera', 'screen', 'screen_audio']

/** A connection that is interrupted for this long, ms, is replaced. */
const interrupted = 4000
/** Without a connection after this, ms, another is tried. */
const patience = 12_000

export interface PeerEvents {
  state: 'connecting' | 'connected' | 'failed' | 'closed'
  /** The server does not take this offer, and would not take the next. */
  refused: RoomError
}

/** RoomPeer keeps one PeerConnection: when it fails, the next one is offered, which the server puts in its place. */
export abstract class RoomPeer extends Emitter<PeerEvents> {
  pc: RTCPeerConnection | undefined
  state: PeerEvents['state'] = 'closed'
  #attempts = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  protected constructor(
    private readonly name: 'sub' | 'pub',
    private readonly ask: Ask,
    protected rtc: Rtc,
  ) {
    super()
  }

  protected abstract prepare(pc: RTCPeerConnection): void
  protected tracks(_: RTCPeerConnection): object[] | undefined {
    return undefined
  }
  protected tune(answer: string): string {
    return answer
  }

  /** open connects, in place of what there was. */
  open(rtc = this.rtc): void {
    this.rtc = rtc
    this.#drop()
    const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle', ...(rtc.ice_servers && { iceServers: rtc.ice_servers }) })
    this.pc = pc
    this.#enter('connecting')
    pc.addEventListener('connectionstatechange', () => pc === this.pc && this.#changed(pc.connectionState))
    this.#after(patience)
    void this.#offer(pc).catch((error: unknown) => pc === this.pc && this.#refused(error))
  }

  /** check opens again what has failed meanwhile; while it is well, or not wanted, it does nothing. */
  check(): void {
    if (this.state === 'failed') this.open()
  }

  close(): void {
    if (this.state === 'closed') return
    this.#drop()
    this.#enter('closed')
    void this.ask('rtc.close', { pc: this.name }).catch(() => undefined) // the server sees it by itself
  }

  async #offer(pc: RTCPeerConnection): Promise<void> {
    this.prepare(pc)
    await pc.setLocalDescription(await pc.createOffer())
    const tracks = this.tracks(pc)
    const { sdp } = await this.ask<{ sdp: string }>('rtc.offer', { pc: this.name, sdp: pc.localDescription!.sdp, ...(tracks && { tracks }) })
    if (pc === this.pc) await pc.setRemoteDescription({ type: 'answer', sdp: this.tune(sdp) })
  }

  #changed(now: RTCPeerConnectionState): void {
    if (now === 'connected') {
      clearTimeout(this.#timer)
      this.#attempts = 0
      this.#enter('connected')
    } else if (now === 'failed') this.#again()
    else if (now === 'disconnected') this.#after(interrupted)
  }

  #after(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#again(), ms)
  }

  #again(wait = pause(this.#attempts++)): void {
    this.#enter('failed')
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.open(), wait)
  }

  #refused(error: unknown): void {
    const why = error instanceof RoomError ? error : new RoomError('internal', String(error))
    if (why.code === 'rate_limited' || why.code === 'unavailable') return this.#again(why.refusal.retry_after_ms)
    clearTimeout(this.#timer)
    this.#enter('failed')
    if (why.code !== 'lost') this.emit('refused', why) // else check is called when the room is there again
  }

  #drop(): void {
    clearTimeout(this.#timer)
    this.pc?.close()
    this.pc = undefined
  }

  #enter(state: PeerEvents['state']): void {
    if (state === this.state) return
    this.state = state
    this.emit('state', state)
  }
}

/** SeatsPeer receives all seats. Its streams stay the same objects for as long as it lives, whatever comes and goes in them. */
export class SeatsPeer extends RoomPeer {
  readonly streams: readonly MediaStream[]

  constructor(ask: Ask, rtc: Rtc) {
    super('sub', ask, rtc)
    this.streams = Array.from({ length: rtc.seats + 1 }, () => new MediaStream())
  }

  protected override prepare(pc: RTCPeerConnection): void {
    for (const stream of this.streams) {
      for (const old of stream.getTracks()) stream.removeTrack(old)
      for (const kind of ['audio', 'video'] as const) {
        const transceiver = pc.addTransceiver(kind, { direction: 'recvonly' })
        if (kind === 'video') prefer(transceiver, 'receiver', this.rtc.codec)
        stream.addTrack(transceiver.receiver.track)
      }
    }
  }
}

/** StagePeer sends what this person shows. A source that is off keeps its m-line, so that turning it on is heard at once. */
export class StagePeer extends RoomPeer {
  #given = new Map<Source, MediaStreamTrack>()
  #transceivers = new Map<Source, RTCRtpTransceiver>()

  constructor(ask: Ask, rtc: Rtc) {
    super('pub', ask, rtc)
  }

  /** give sends a track, or stops sending when there is none. */
  async give(source: Source, track: MediaStreamTrack | undefined): Promise<void> {
    if (track) this.#given.set(source, track)
    else this.#given.delete(source)
    const sender = this.state === 'closed' ? undefined : this.#transceivers.get(source)?.sender
    if (!sender) return
    await sender.replaceTrack(track ?? null)
    if (source === 'screen' && track) await sharpen(sender, track)
  }

  protected override prepare(pc: RTCPeerConnection): void {
    const most = (this.rtc.max_publish_kbps ?? 1800) * 1000
    for (const source of sources) {
      const track = this.#given.get(source)
      const kind = kindOf(source)
      const transceiver = pc.addTransceiver(track ?? kind, { direction: 'sendonly', sendEncodings: encodingsOf(source, most), streams: [new MediaStream()] })
      if (kind === 'video') prefer(transceiver, 'sender', this.rtc.codec)
      if (source === 'screen' && track) void sharpen(transceiver.sender, track)
      this.#transceivers.set(source, transceiver)
    }
  }

  protected override tracks(): object[] {
    return [...this.#transceivers].map(([source, { mid }]) => ({ mid, kind: kindOf(source), source: source === 'screen_audio' ? 'screen' : source }))
  }

  protected override tune(answer: string): string {
    return withStartRate(answer, 800)
  }
}

const kindOf = (source: Source) => (source === 'mic' || source === 'screen_audio' ? 'audio' : 'video')

/**
 * A camera goes out in three sizes; a screen in one, because small letters are no use to anybody. What a network carries goes
 * to the screen first. Chromium takes a priority with the first size only.
 */
function encodingsOf(source: Source, most: number): RTCRtpEncodingParameters[] {
  if (source === 'camera') return encodings({ bps: Math.min(most, 1_500_000), fps: 30, scale: 1, simulcast: true }).map((size, i) => (i === 0 ? { ...size, priority: 'very-low' } : size))
  if (source === 'screen') return [{ maxBitrate: screens.text.maxBitrate, maxFramerate: screens.text.maxFramerate, priority: 'high' }]
  return [{ maxBitrate: source === 'mic' ? 48_000 : 128_000 }]
}

/** A browser captures a still page seldom and a scrolled one often: the number bounds the second. */
const screens = {
  text: { maxBitrate: 2_500_000, maxFramerate: 15, keep: 'maintain-resolution' },
  motion: { maxBitrate: 4_000_000, maxFramerate: 30, keep: 'maintain-framerate' },
} as const

/** sharpen tells the encoder what to keep when there is not enough for everything: the letters, or the motion. */
async function sharpen(sender: RTCRtpSender, track: MediaStreamTrack): Promise<void> {
  const { maxBitrate, maxFramerate, keep } = track.contentHint === 'motion' ? screens.motion : screens.text
  const now = sender.getParameters()
  for (const encoding of now.encodings) Object.assign(encoding, { maxBitrate, maxFramerate })
  await sender.setParameters(Object.assign(now, { degradationPreference: keep })).catch(() => undefined) // a wish
}

/**
 * prefer leaves the room's codec, and what repairs it, in an m-line. Who watches takes VP8 and H.264 besides: a stream that
 * is brought to a seat has a codec of its own, and a seat changes it with a key frame.
 */
function prefer(transceiver: RTCRtpTransceiver, side: 'sender' | 'receiver', codec: string): void {
  const known = typeof RTCRtpReceiver === 'undefined' ? undefined : (side === 'sender' ? RTCRtpSender : RTCRtpReceiver).getCapabilities('video')?.codecs
  const named = (name: string) => known?.filter(({ mimeType }) => mimeType.toLowerCase() === `video/${name}`) ?? []
  const mine = named(codec)
  if (mine.length === 0) return
  if (side === 'receiver') for (const other of ['vp8', 'h264']) if (other !== codec) mine.push(...named(other).filter(({ sdpFmtpLine = '' }) => other !== 'h264' || sdpFmtpLine.includes('packetization-mode=1')))
  transceiver.setCodecPreferences([...mine, ...known!.filter(({ mimeType }) => /\/rtx$/i.test(mimeType))])
}
