// A room that says what a test wants, in place of the server's: for states that are hard to bring about.

const teacher = { id: 'p_1', name: 'Ada Teacher', role: 'teacher' }
const policy = { preset: 'lecture', chat: 'all', danmaku: true, unmute: 'ask', roster: 'staff', stage: 'invite', board: 'staff', lobby: false, slow_s: 0, private_chat: false, links: false, unattended_min: 15 }
const seat = (n, member, more = {}) => ({ seat: n, member, source: 'camera', audio: true, video: false, epoch: 1, state: 'live', ...more })
export const free = (n) => ({ seat: n, member: null, source: '', audio: false, video: false, epoch: 0, state: 'free' })

const caps = {
  teacher: ['hand', 'chat', 'danmaku', 'react', 'vote', 'stage', 'publish', 'screen', 'board', 'app', 'moderate', 'teach'],
  student: ['hand', 'chat', 'danmaku', 'react', 'vote', 'app'],
}

const person = (n, name, more = {}) => ({ member: `p_${n}`, name, role: 'student', unverified: true, first: '2026-03-01T08:58:00Z', last: '2026-03-01T09:45:00Z', seconds: 2640, percent: 97.8, stage_seconds: 0, hands: 0, messages: 0, answers: 2, asked: 2, right: 1, scored: 1, ...more })

/** What a class of 45 minutes leaves behind. */
export const classReport = {
  room: 'math-7b',
  title: 'Algebra 7b',
  state: 'ended',
  began: '2026-03-01T09:00:00Z',
  ended: '2026-03-01T09:45:00Z',
  seconds: 2700,
  totals: { people: 4, most: 4, hands: 12, messages: 84, polls: 2, answers: 6 },
  people: [
    person(1, 'Ada Teacher', { role: 'teacher', unverified: false, seconds: 2700, percent: 100, stage_seconds: 2650, messages: 20, answers: 0, asked: 0, scored: 0 }),
    person(2, 'Chidi', { stage_seconds: 180, hands: 9, messages: 50 }),
    person(9, 'Bo Student', { hands: 3, messages: 14, right: 0 }),
    person(12, 'Maximiliane von und zu Hohenlohe-Langenburg', { seconds: 40, percent: 1.5, answers: 0, right: 0 }),
  ],
  polls: [
    { poll: 'q_1', q: 'Is 1 a prime?', options: ['yes', 'no'], state: 'published', at: '2026-03-01T09:20:00Z', voted: 3, tally: [1, 2], correct: [1], right: 2 },
    { poll: 'q_2', q: 'How was it, in a word?', state: 'published', at: '2026-03-01T09:40:00Z', voted: 3, words: [{ text: 'fine', n: 2 }, { text: 'fast', n: 1 }] },
  ],
}

export class FakeRoom {
  asked = []
  seq = 0
  /** Answers by type of request, for those that are not simply granted: a function of the data, whose `error` refuses. */
  answers = {}

  /** on puts the room in the place of the server's, before the page is opened. */
  static async on(page, { role = 'student', id = 'math-7b', facts = {}, hello, report = classReport } = {}) {
    const room = new FakeRoom()
    room.role = role
    room.id = id
    if (hello) room.answers.hello = hello
    await page.route(`**/api/v1/rooms/${id}`, (route) => route.fulfill({ json: { name: id, title: 'Algebra 7b', state: 'live', locked: false, lobby: false, people: 23, seats: 6, auth: ['guest'], ...facts } }))
    await page.route(`**/api/v1/rooms/${id}/report.json`, (route) => (report ? route.fulfill({ json: report }) : route.fulfill({ status: 503, json: {} })))
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
