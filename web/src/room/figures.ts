// What comes through, in numbers: for tests and for people who report a problem.
import { link, me, phase, state, current } from './session'

interface Inbound {
  type: string
  kind?: string
  framesDecoded?: number
  frameWidth?: number
  frameHeight?: number
  totalAudioEnergy?: number
  totalSamplesReceived?: number
  packetsReceived?: number
}

interface SeatFigures {
  frames: number
  width: number
  height: number
  audioEnergy: number
  audioSamples: number
  audioPackets: number
}

/** figures tells of each seat what was decoded of it since the connection began. */
export async function figures() {
  const room = current()
  const { sub, pub } = room?.pcs ?? {}
  return {
    state: phase.value,
    link: link.value,
    member: me.value?.member ?? '',
    role: me.value?.role ?? '',
    people: state.value?.count.people ?? 0,
    sub: sub?.connectionState ?? 'none',
    pub: pub?.connectionState ?? 'none',
    offers: offers(sub),
    seats: sub ? await Promise.all((room?.streams ?? []).map((stream) => seat(sub, stream))) : [],
  }
}

/** offers tells how often the connection was negotiated: the version in its own description. */
function offers(pc: RTCPeerConnection | undefined): number {
  return Number(/^o=\S+ \S+ (\d+)/m.exec(pc?.localDescription?.sdp ?? '')?.[1] ?? 0)
}

async function seat(pc: RTCPeerConnection, stream: MediaStream): Promise<SeatFigures> {
  const all = { frames: 0, width: 0, height: 0, audioEnergy: 0, audioSamples: 0, audioPackets: 0 }
  for (const track of stream.getTracks()) {
    const receiver = pc.getReceivers().find((one) => one.track === track)
    receiver &&
      (await receiver.getStats()).forEach((entry: Inbound) => {
        if (entry.type !== 'inbound-rtp') return
        if (entry.kind === 'video') Object.assign(all, { frames: entry.framesDecoded ?? 0, width: entry.frameWidth ?? 0, height: entry.frameHeight ?? 0 })
        else Object.assign(all, { audioEnergy: entry.totalAudioEnergy ?? 0, audioSamples: entry.totalSamplesReceived ?? 0, audioPackets: entry.packetsReceived ?? 0 })
      })
  }
  return all
}
