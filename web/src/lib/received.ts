// What players read from getStats, as flat numbers.
import { codec, entries, number, rtt } from './stats'

/** Received media of one connection. */
export interface Received {
  codec: string
  framesDecoded: number
  videoPackets: number
  audioPackets: number
  audioSamples: number
  audioEnergy: number
  freezeCount: number
  totalFreezesDuration: number
  width: number
  height: number
  bytes: number
  rtt: number
  fps: number
  /** Video packets that never came. */
  lost: number
  /** Seconds that video has spent in the jitter buffer, in all, and how many frames did so. */
  jitterBufferDelay: number
  jitterBufferEmitted: number
  /** Seconds spent decoding, in all. */
  decodeTime: number
}

/** What has been received before there is anything. */
export const nothing: Received = {
  codec: '',
  framesDecoded: 0,
  videoPackets: 0,
  audioPackets: 0,
  audioSamples: 0,
  audioEnergy: 0,
  freezeCount: 0,
  totalFreezesDuration: 0,
  width: 0,
  height: 0,
  bytes: 0,
  rtt: 0,
  fps: 0,
  lost: 0,
  jitterBufferDelay: 0,
  jitterBufferEmitted: 0,
  decodeTime: 0,
}

/** received reads what pc receives. */
export async function received(pc: RTCPeerConnection): Promise<Received> {
  const all = await entries(pc)
  const result: Received = { ...nothing, rtt: rtt(all) }
  for (const entry of all.values()) {
    if (entry.type !== 'inbound-rtp') continue
    result.bytes += number(entry, 'bytesReceived')
    if (entry.kind === 'audio') {
      result.audioPackets += number(entry, 'packetsReceived')
      result.audioSamples += number(entry, 'totalSamplesReceived')
      result.audioEnergy += number(entry, 'totalAudioEnergy')
    } else {
      result.videoPackets += number(entry, 'packetsReceived')
      result.framesDecoded += number(entry, 'framesDecoded')
      result.freezeCount += number(entry, 'freezeCount')
      result.totalFreezesDuration += number(entry, 'totalFreezesDuration')
      result.fps = number(entry, 'framesPerSecond')
      result.lost += Math.max(0, number(entry, 'packetsLost'))
      result.jitterBufferDelay += number(entry, 'jitterBufferDelay')
      result.jitterBufferEmitted += number(entry, 'jitterBufferEmittedCount')
      result.decodeTime += number(entry, 'totalDecodeTime')
      result.width = number(entry, 'frameWidth')
      result.height = number(entry, 'frameHeight')
      result.codec ||= codec(all, entry)
    }
  }
  return result
}
