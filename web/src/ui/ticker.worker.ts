// Ticks for pages that are hidden: browsers slow the timers of hidden pages down to one a second, but not a worker's.
let timer: ReturnType<typeof setInterval> | undefined

addEventListener('message', ({ data }: MessageEvent<number>) => {
  clearInterval(timer)
  timer = setInterval(() => postMessage(0), data)
})
