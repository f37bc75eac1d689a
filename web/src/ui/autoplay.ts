/** What a browser did not allow without a click: nothing, sound, or the picture too. */
export type Refused = 'no' | 'sound' | 'all'

/** autoplay starts the picture at once, and without sound when the browser wants a click for that. */
export async function autoplay(video: HTMLMediaElement, muted: boolean): Promise<Refused | 'superseded'> {
  video.muted = muted
  try {
    await video.play()
    return 'no'
  } catch (error) {
    if (!(error instanceof DOMException) || error.name !== 'NotAllowedError') return 'superseded' // by the next stream
    if (video.muted) return 'all'
    video.muted = true
    return video.play().then(
      () => 'sound' as const,
      () => 'all' as const,
    )
  }
}
