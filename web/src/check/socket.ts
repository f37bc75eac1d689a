/** How often something is said and heard. */
const rounds = 5
/** A WebSocket that is silent for this long, ms, gets through nothing. */
const patience = 6000

/** echo gives the round trip of a WebSocket to this server, ms, the shortest of some; -1 when there is none. */
export function echo(url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/v1/check/ws`): Promise<number> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, 'check.v1')
    let [best, sent, at] = [Infinity, 0, 0]
    const done = () => {
      clearTimeout(timer)
      socket.close()
      resolve(best === Infinity ? -1 : best)
    }
    const timer = setTimeout(done, patience)
    const next = () => {
      at = performance.now()
      socket.send(String(++sent))
    }
    socket.addEventListener('open', next)
    socket.addEventListener('message', () => {
      best = Math.min(best, performance.now() - at)
      if (sent < rounds) next()
      else done()
    })
    socket.addEventListener('close', done)
    socket.addEventListener('error', done)
  })
}
