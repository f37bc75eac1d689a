// A room that says what a test wants, in place of the server's: for states that are hard to bring about.

const teacher = { id: 'p_1', name: 'Ada Teacher', role: 'teacher' }
const policy = { preset: 'lecture', chat: 'all', danmaku: true, unmute: 'ask', roster: 'staff', stage: 'invite', board: 'staff', lobby: false, slow_s: 0, private_chat: false, links: false, unattended_min: 15 }
const seat = (n, member, more = {}) => ({ seat: n, member, source: 'camera', audio: true, video: false, epoch: 1, state: 'live', ...more })
export const free = (n) => ({ seat: n, member: null, source: '', audio: false, video: false, epoch: 0, state: 'free' })

const caps = {
  teacher: ['hand', 'chat', 'danmaku', 'react', 'vote', 'stage', 'publish', 'screen', 'board', 'app', 'moderate', 'teach'],
  student: ['hand', 'chat', 'danmaku', 'react', 'vote', 'app'],
}

export class FakeRoom {
  asked = []
  seq = 0
  /** Answers by type of request, for those that are not simply granted: a function of the data, whose `error` refuses. */
  answers = {}

  /** on puts the room in the place of the server's, before the page is opened. */
  static async on(page, { role = 'student', id = 'math-7b', facts = {}, hello } = {}) {
    const room = new FakeRoom()
    room.role = role
    room.id = id
    if (hello) room.answers.hello = hello
    await page.route(`**/api/v1/rooms/${id}`, (route) => route.fulfill({ json: { name: id, title: 'Algebra 7b', state: 'live', locked: false, lobby: false, people: 23, seats: 6, auth: ['guest'], ...facts } }))
    await page.routeWebSocket(`**/api/v1/rooms/${id}/ws`, (socket) => {
      room.socket = socket
      socket.onMessage((text) => room.#heard(JSON.parse(text)))
    })
    return room
  }

  welcome(more = {}) {
    const self = this.role === 'student' ? { member: 'p_9', name: 'Bo Student' } : { member: teacher.id, name: teacher.name }
    return {
      state: 'joined',
      proto: 1,
      time: new Date().toISOString(),
      ping_s: 20,
      features: ['danmaku', 'board', 'polls'],
      session: { id: 's_1', key: 'key', grace_s: 120, resumed: false, seq: this.seq },
      self: { ...self, role: this.role, caps: caps[this.role] },
      rtc: { ice_servers: [], seats: 6, codec: 'vp8', max_publish_kbps: 1800 },
      room: { id: this.id, title: 'Algebra 7b', state: 'live', since: new Date().toISOString(), locked: false, policy, layout: { mode: 'content', spotlight: '', keep: [] }, people: 23 },
      seats: [free(0), seat(1, teacher), seat(2, { id: 'p_2', name: 'Chidi', role: 'student' }, { audio: false }), free(3), free(4), free(5), free(6)],
      hand: { raised: false, pos: 0, waiting: 0, queue: this.role === 'teacher' ? [] : undefined },
      lobby: this.role === 'teacher' ? { members: [], text: '' } : undefined,
      chat: {
        more: true,
        messages: [
          { msg: 'm1', at: '2026-03-01T09:01:00Z', ...by(teacher), text: 'Good morning! Page 42, https://example.org/42 please.' },
          { msg: 'm2', at: '2026-03-01T09:02:00Z', member: 'p_2', name: 'Chidi', role: 'student', text: 'Is x² the same as x·x?' },
          { msg: 'm3', at: '2026-03-01T09:02:30Z', ...by(teacher), text: 'Exactly.', reply_to: 'm2' },
        ],
      },
      polls: [],
      boards: [{ id: 'b1', page: 0, pages: 1, ver: 0 }],
      limits: { chat_chars: 500, danmaku_chars: 40, board_live_per_s: 30 },
      count: { people: 23, stage: 2, hands: 0 },
      ...more,
    }
  }

  /** say sends an event. */
  say(type, data, durable = true) {
    this.socket.send(JSON.stringify({ ...(durable && { seq: ++this.seq }), type, data }))
  }

  /** close ends the socket as the server does. */
  close(code, reason = '') {
    return this.socket.close({ code, reason })
  }

  /** of gives the data of the requests of a type. */
  of(type) {
    return this.asked.filter((one) => one.type === type).map(({ data }) => data)
  }

  #heard({ id, type, data }) {
    this.asked.push({ type, data })
    if (id === undefined) return
    const answer = this.answers[type] ?? usual[type]
    const reply = answer ? answer(data, this) : {}
    if (reply === null) return // it never comes
    this.socket.send(JSON.stringify(reply.error ? { re: id, ok: false, error: reply.error } : { re: id, ok: true, data: reply }))
  }
}

const by = ({ id: member, name, role }) => ({ member, name, role })

const usual = {
  hello: (_, room) => room.welcome(),
  'rtc.offer': () => null,
  'board.get': (data) => ({ ...data, ver: 0, pages: 1, shapes: [] }),
  'people.list': () => ({
    total: 3,
    people: [
      { member: 'p_1', name: 'Ada Teacher', role: 'teacher', since: '2026-03-01T09:00:00Z', seat: 1 },
      { member: 'p_2', name: 'Chidi', role: 'student', since: '2026-03-01T09:00:30Z', seat: 2, guest: true },
      { member: 'p_9', name: 'Bo Student', role: 'student', since: '2026-03-01T09:01:00Z', hand: true },
    ],
  }),
}
