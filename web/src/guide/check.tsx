import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { watchStreams } from '../lib/events'
import { getStream, type Stream } from '../lib/streams'
import { say } from '../text/guide'
import { takeKey } from '../ui/address'
import { explained, factsOf, type Fact } from './checks'
import { encoderName } from './facts'

/** Check says when the stream has arrived, as what, and what to change about it. It is up to date by the server's events. */
export function Check({ who, name }: { who: string; name: string }) {
  const stream = useSignal<Stream | undefined>(undefined)
  useEffect(() => {
    stream.value = undefined
    const look = () =>
      void getStream(name, takeKey() || undefined)
        .then((now) => (stream.value = now))
        .catch(() => undefined) // the next event asks again
    return watchStreams(look, (up) => up && look(), name)
  }, [name])
  const now = stream.value
  return (
    <div class="check" role="status">
      {now?.state === 'live' ? <Arrived stream={now} /> : <p>{waiting(now, who, name)}</p>}
    </div>
  )
}

function waiting(stream: Stream | undefined, who: string, name: string) {
  return (
    <>
      <span class="dot" /> {stream ? say('check.gone', { name }) : say('check.none', { who, name })}
    </>
  )
}

function Arrived({ stream }: { stream: Stream }) {
  const { protocol = '', encoder, problems = [] } = stream.publisher ?? {}
  const by = [encoderName(encoder), protocol.toUpperCase()].filter(Boolean).join(', ')
  return (
    <>
      <p>
        <span class="dot live" /> {say('check.live', { by })}
      </p>
      <ul class="arrived">
        {factsOf(stream).map((fact) => (
          <li key={fact.text + JSON.stringify(fact.values)}>
            <Verdict {...fact} />
          </li>
        ))}
      </ul>
      {problems.map((problem) => {
        const { text, fix, values } = explained(problem, stream)
        const todo = fix ? say(fix, values) : problem.fix
        return (
          <div key={problem.code} class={problem.grave ? 'trouble grave' : 'trouble'}>
            <p>{text ? say(text, values) : problem.text}</p>
            {todo && <p class="todo">{todo}</p>}
          </div>
        )
      })}
    </>
  )
}

const signs = { good: '✔', warn: '!', bad: '✖' } as const

function Verdict({ text, values, mark, fix }: Fact) {
  return (
    <>
      {say(text, values)}
      {mark && (
        <>
          {' '}
          <span class={`mark ${mark}`} role="img" aria-label={say(`mark.${mark}`)}>
            {signs[mark]}
          </span>
        </>
      )}
      {fix && <strong> {say(fix)}</strong>}
    </>
  )
}
