// A member of a room, in a few lines of a browser's own words: what room.v1
// asks of anybody.
async function join(room, invite, name) {
  const socket = new WebSocket(`${location.origin.replace("http", "ws")}/api/v1/rooms/${room}/ws`, "room.v1")
  const waiting = new Map()
  const member = { events: [], offers: 0, welcome: undefined }
  let id = 0
  socket.addEventListener("message", ({ data }) => {
    const m = JSON.parse(data)
    if (m.type === "ping") return socket.send(JSON.stringify({ type: "pong" }))
    if (m.re === undefined) return member.events.push(m)
    const [done, failed] = waiting.get(m.re)
    waiting.delete(m.re)
    m.ok ? done(m.data) : failed(new Error(`${m.error.code}: ${m.error.message}`))
  })
  member.ask = (type, data = {}) =>
    new Promise((done, failed) => {
      waiting.set(++id, [done, failed])
      socket.send(JSON.stringify({ id, type, data }))
    })
  await new Promise((done, failed) => {
    socket.addEventListener("open", done)
    socket.addEventListener("close", ({ code, reason }) => failed(new Error(`${code} ${reason}`)))
  })
  member.welcome = await member.ask("hello", { invite, name })

  async function offer(pc, which, tracks) {
    await pc.setLocalDescription(await pc.createOffer())
    const up = new Promise((done, failed) =>
      pc.addEventListener("connectionstatechange", () => {
        if (pc.connectionState === "connected") done()
        if (pc.connectionState === "failed") failed(new Error("no connection"))
      }),
    )
    const answer = await member.ask("rtc.offer", { pc: which, sdp: pc.localDescription.sdp, tracks: tracks?.() })
    await pc.setRemoteDescription({ type: "answer", sdp: answer.sdp })
    await up
    return answer
  }

  // publish sends the camera, in some sizes, and the microphone, and gives the seat.
  member.publish = async (width = 320, height = 180, sizes = undefined) => {
    const media = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width, height } })
    const pc = (member.pub = new RTCPeerConnection())
    const video = pc.addTransceiver(media.getVideoTracks()[0], { direction: "sendonly", streams: [media], sendEncodings: sizes })
    const audio = pc.addTransceiver(media.getAudioTracks()[0], { direction: "sendonly", streams: [media] })
    await offer(pc, "pub", () => [
      { mid: video.mid, kind: "video", source: "camera" },
      { mid: audio.mid, kind: "audio", source: "mic" },
    ])
    await member.ask("media.state", { mic: true, camera: true })
    return member.welcome.seats.find((s) => s.member?.id === member.welcome.self.member)?.seat ?? 1
  }

  member.watch = async () => {
    const pc = (member.sub = new RTCPeerConnection())
    for (let i = 0; i <= member.welcome.rtc.seats; i++) for (const kind of ["audio", "video"]) pc.addTransceiver(kind, { direction: "recvonly" })
    member.offers++
    const { map } = await offer(pc, "sub")
    member.map = map
    for (const { receiver } of pc.getTransceivers()) {
      const element = document.createElement("video")
      element.muted = element.autoplay = true
      element.srcObject = new MediaStream([receiver.track])
      document.body.append(element)
    }
  }

  member.seat = async (seat) => {
    const { audio, video } = member.map.find((m) => m.seat === seat)
    const now = { Frames: 0, KeyFrames: 0, Width: 0, Codec: "", Sound: 0, Offers: member.offers }
    for (const { mid, receiver } of member.sub.getTransceivers()) {
      if (mid !== audio && mid !== video) continue
      const reports = [...(await receiver.getStats()).values()]
      const inbound = reports.find((r) => r.type === "inbound-rtp")
      if (inbound?.kind === "audio") now.Sound = inbound.packetsReceived ?? 0
      if (inbound?.kind !== "video") continue
      Object.assign(now, { Frames: inbound.framesDecoded ?? 0, KeyFrames: inbound.keyFramesDecoded ?? 0, Width: inbound.frameWidth ?? 0 })
      now.Codec = reports.find((r) => r.id === inbound.codecId)?.mimeType ?? ""
    }
    return now
  }
  return member
}
