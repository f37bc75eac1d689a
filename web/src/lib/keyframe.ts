import type { Keyframe } from './streams'

/** How long a decoder may take for one picture. */
const patience = 3000

/**
 * decodeKeyframe turns a key frame into a picture, which the caller closes. Undefined when this browser has no WebCodecs
 * (they need a secure page), does not know the format, or finds the frame wanting.
 */
export async function decodeKeyframe({ data, codec, width, height }: Keyframe): Promise<VideoFrame | undefined> {
  if (typeof VideoDecoder === 'undefined') return undefined
  const config: VideoDecoderConfig = { codec, optimizeForLatency: true, ...(width && height && { codedWidth: width, codedHeight: height }) }
  const { supported } = await VideoDecoder.isConfigSupported(config).catch(() => ({ supported: false }))
  if (!supported) return undefined
  let decoder: VideoDecoder | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  try {
    return await new Promise<VideoFrame>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error('the decoder does not answer')), patience)
      decoder = new VideoDecoder({ output: resolve, error: reject })
      decoder.configure(config)
      decoder.decode(new EncodedVideoChunk({ type: 'key', timestamp: 0, data }))
      decoder.flush().catch(reject)
    })
  } catch {
    return undefined
  } finally {
    clearTimeout(timer)
    if (decoder && decoder.state !== 'closed') decoder.close()
  }
}
