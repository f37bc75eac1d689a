import '../styles/report.css'
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { ClassReport, Poll, ReportedPerson } from '../lib/room'
import { say } from '../text/room'
import * as session from './session'

/** What can be taken home, by the end of its address. */
const files = [
  ['report.csv', 'report.file'],
  ['attendance.csv', 'class.report'],
  ['polls.csv', 'report.polls'],
  ['chat.csv', 'report.chat'],
] as const

/** Report is what came of a class: who was there, what each did, and what was asked. */
export default function Report() {
  const report = useSignal<ClassReport | undefined>(undefined)
  const failed = useSignal(false)
  const load = async () => {
    failed.value = false
    report.value = await session.readJSON<ClassReport>('report.json')
    failed.value = report.value === undefined
  }
  useEffect(() => void load(), [])
  if (failed.value) {
    return (
      <div class="report">
        <p>{say('report.failed')}</p>
        <div class="actions">
          <button class="button" type="button" onClick={() => void load()}>
            {say('again')}
          </button>
        </div>
      </div>
    )
  }
  if (!report.value) return <p role="status">{say('report.loading')}</p>
  const { people, polls } = report.value
  return (
    <div class="report">
      <Totals report={report.value} />
      <People people={people ?? []} scored={(people ?? []).some((one) => one.scored > 0)} />
      {(polls ?? []).map((poll) => (
        <Asked key={poll.poll} poll={poll} />
      ))}
      <div class="actions">
        {files.map(([path, words]) => (
          <button key={path} class="button small" type="button" onClick={() => void session.download(path)}>
            {say(words)}
          </button>
        ))}
      </div>
    </div>
  )
}

function Totals({ report: { seconds, totals } }: { report: ClassReport }) {
  const facts = [
    [say('report.lasted'), span(seconds)],
    [say('report.people'), totals.people],
    [say('report.most'), totals.most],
    [say('report.hands'), totals.hands],
    [say('report.messages'), totals.messages],
    [say('report.answers'), totals.answers],
  ] as const
  return (
    <dl class="totals">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd class="numbers">{value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** span says a time in minutes; less than one is seconds. */
const span = (seconds: number) => (seconds < 60 ? say('report.s', { s: seconds }) : say('report.min', { n: Math.round(seconds / 60) }))

function People({ people, scored }: { people: readonly ReportedPerson[]; scored: boolean }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={say('people.tab')}>
      <table>
        <thead>
          <tr>
            <th scope="col">{say('report.name')}</th>
            <th scope="col">{say('report.there')}</th>
            <th scope="col">{say('report.stage')}</th>
            <th scope="col">{say('report.hands')}</th>
            <th scope="col">{say('report.messages')}</th>
            <th scope="col">{say('report.answers')}</th>
            {scored && <th scope="col">{say('report.right')}</th>}
          </tr>
        </thead>
        <tbody class="numbers">
          {people.map((one) => (
            <tr key={one.member}>
              <th scope="row">
                {one.name} <span class="small muted">{one.role !== 'student' ? say(one.role) : one.unverified && say('people.guest')}</span>
              </th>
              <td>
                {span(one.seconds)} <span class="small muted">{`${Math.round(one.percent)} %`}</span>
              </td>
              <td>{one.stage_seconds > 0 ? span(one.stage_seconds) : '–'}</td>
              <td>{one.hands || '–'}</td>
              <td>{one.messages || '–'}</td>
              <td>{one.asked > 0 ? `${one.answers}/${one.asked}` : '–'}</td>
              {scored && <td>{one.scored > 0 ? `${one.right}/${one.scored}` : '–'}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** Asked is one poll, with how many chose what. */
function Asked({ poll }: { poll: Poll & { right?: number } }) {
  const most = Math.max(1, ...(poll.tally ?? []))
  return (
    <section class="asked">
      <h2>{poll.q}</h2>
      <p class="small muted">
        {say('poll.votes', { n: poll.voted })}
        {poll.right !== undefined && ` · ${say('report.rights', { n: poll.right })}`}
      </p>
      <ul>
        {(poll.options ?? []).map((option, i) => (
          <li key={i}>
            <span>
              {option}
              {poll.correct?.includes(i) && <span class="right">{` ✔ ${say('poll.right')}`}</span>}
            </span>
            <meter min={0} max={most} value={poll.tally?.[i] ?? 0} aria-hidden="true" />
            <span class="numbers">{poll.tally?.[i] ?? 0}</span>
          </li>
        ))}
        {(poll.words ?? []).map(({ text, n }) => (
          <li key={text}>
            <span>{text}</span>
            <span class="numbers">{n}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}
