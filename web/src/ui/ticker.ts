/** tick calls draw so many times a second, on hidden pages too, until the function that it returns is called. */
export function tick(fps: number, draw: () => void): () => void {
  const worker = new Worker(new URL('./ticker.worker.ts', import.meta.url), { type: 'module' })
  worker.addEventListener('message', draw)
  worker.postMessage(1000 / fps)
  return () => worker.terminate()
}
