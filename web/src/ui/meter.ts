/** How far below full scale the meter begins, decibels. */
const floor = -60

/** meter reports the loudness of a track, 0 to 1, some ten times a second, until the function it returns is called. */
export function meter(track: MediaStreamTrack, report: (level: number) => void): () => void {
  const context = new AudioContext()
  const analyser = context.createAnalyser()
  analyser.fftSize = 2048
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser)
  void context.resume().catch(() => undefined) // a click brings it, if nothing else did
  const wake = () => void context.resume()
  addEventListener('pointerdown', wake)
  const samples = new Float32Array(analyser.fftSize)
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples)
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length
    const level = 10 * Math.log10(power || 1e-12)
    report(Math.min(1, Math.max(0, 1 - level / floor)))
  }, 100)
  return () => {
    clearInterval(timer)
    removeEventListener('pointerdown', wake)
    void context.close()
  }
}
