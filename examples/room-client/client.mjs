// A whole member of a room in plain JavaScript: how much is needed to speak room.v1 (docs/room.v1.md)?
//
//   node client.mjs 'http://localhost:8080/room/ID#i=INVITE' 'Ada'    chat in a terminal (Node.js 22, or 20 with --experimental-websocket); /hand raises a hand
// In a page of the server, `new RoomClient(location.href, 'Ada').watch(container)` shows the stage as well.
export class RoomClient extends EventTarget {
  #seq = 0
  #last = 0
  #asked = new Map()
  #wait = 500
  #over = false

  constructor(link, name) {
    super()
    const url = new URL(link)
    this.origin = url.origin
    this.url = `${url.origin.replace(/^http/, 'ws')}/api/v1/rooms/${url.pathname.split('/').pop()}/ws`
    this.hello = { invite: new URLSearchParams(url.hash.slice(1)).get('i') ?? undefined, name, client: { name: 'room-client' } }
    this.#connect()
  }

  #connect() {
    const program = { protocols: 'room.v1', headers: { Origin: this.origin } } // a page says by itself where it is from
    this.socket = new WebSocket(this.url, typeof location === 'undefined' ? program : 'room.v1')
    this.socket.onopen = () => this.#enter()
    this.socket.onmessage = ({ data }) => this.#receive(JSON.parse(data))
    this.socket.onclose = ({ code, reason }) => this.#closed(code, reason)
  }

  #enter() {
    const resume = this.session && { id: this.session.id, key: this.session.key, seq: this.#seq }
    this.#send('hello', { ...this.hello, resume }, { resolve: (welcome) => this.#welcomed(welcome), reject: () => {} }) // the close says why
  }

  // What was missed may come right behind the welcome, so that this must not wait.
  #welcomed(welcome) {
    const { id, key = this.session?.key, resumed, snapshot, seq } = welcome.session
    this.session = { id, key }
    if (!resumed || snapshot) this.#seq = seq
    this.#wait = 500
    this.#tell('welcome', welcome)
  }

  // ask sends a request and waits for the reply; a refusal is an Error with its code.
  ask(type, data = {}) {
    return new Promise((resolve, reject) => this.#send(type, data, { resolve, reject }))
  }

  #send(type, data, asker) {
    this.#asked.set(++this.#last, asker)
    this.socket.send(JSON.stringify({ id: this.#last, type, data }))
  }

  #receive({ re, ok, seq, type, data, error }) {
    if (re) {
      const { resolve, reject } = this.#asked.get(re)
      return this.#asked.delete(re) && (ok ? resolve(data) : reject(Object.assign(new Error(error.message), error)))
    }
    if (type === 'ping') return this.socket.send('{"type":"pong"}')
    if (seq) this.#seq = seq
    this.#tell(type, data)
  }

  #closed(code, reason) {
    for (const { reject } of this.#asked.values()) reject(new Error('the connection was lost'))
    this.#asked.clear()
    this.#over ||= code === 1000 || (code >= 4400 && code !== 4408 && code !== 4429)
    this.#tell(this.#over ? 'over' : 'lost', { code, reason })
    if (!this.#over) setTimeout(() => this.#connect(), this.#wait * (0.5 + Math.random() / 2))
    this.#wait = Math.min(2 * this.#wait, 10_000)
  }

  #tell(type, data) {
    this.dispatchEvent(Object.assign(new Event('event'), { name: type, data }))
  }

  // watch shows every seat, once, for all who will ever sit there.
  async watch(container, seats = 6) {
    const pc = new RTCPeerConnection()
    for (let seat = 0; seat <= seats; seat++) {
      const show = Object.assign(document.createElement('video'), { autoplay: true, playsInline: true, muted: true, srcObject: new MediaStream() })
      for (const kind of ['audio', 'video']) show.srcObject.addTrack(pc.addTransceiver(kind, { direction: 'recvonly' }).receiver.track)
      container.append(show)
    }
    await pc.setLocalDescription()
    const { sdp } = await this.ask('rtc.offer', { pc: 'sub', sdp: pc.localDescription.sdp })
    await pc.setRemoteDescription({ type: 'answer', sdp })
    return pc
  }
}

if (typeof process !== 'undefined' && process.argv[1]?.endsWith('client.mjs')) {
  const room = new RoomClient(process.argv[2], process.argv[3])
  room.addEventListener('event', ({ name, data }) => console.log(name, JSON.stringify(data)) ?? (name === 'over' && process.exit()))
  const { createInterface } = await import('node:readline')
  createInterface({ input: process.stdin }).on('line', (line) => {
    const [type, data] = line === '/hand' ? ['hand.raise'] : line === '/leave' ? ['room.leave'] : ['chat.send', { text: line }]
    room.ask(type, data).catch((error) => console.log('refused', error.code, error.message))
  })
}
