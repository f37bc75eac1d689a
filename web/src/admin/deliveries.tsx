import { say } from '../text/admin'
import { usePoll } from './poll'
import { Cell, Rows, Shown } from './state'
import { act } from './toast'
import { since } from './words'

/** Delivery is one call of an address that wants to hear of events. */
interface Delivery {
  id: string
  event: string
  /** The stream or room that it is about. */
  about?: string
  url: string
  status: 'waiting' | 'delivered' | 'failed' | 'dropped'
  /** Of the last answer; left out when there was none. */
  code?: number
  error?: string
  tries: number
  /** Of the last try, in milliseconds. */
  took: number
  at: string
}

/** How often they are looked at, in milliseconds. */
const every = 5000

/** Deliveries is the last calls of webhooks, which can be made again. */
export function Deliveries() {
  const deliveries = usePoll<{ deliveries: Delivery[] | null }>('webhooks/deliveries', every)
  const head = [say('event'), say('address'), say('answer'), say('tries'), say('when'), say('action')]
  const without = deliveries.problem.value?.code === 'not_found' && !deliveries.data.value
  const again = async ({ id }: Delivery) => {
    await act({ method: 'POST', path: `webhooks/deliveries/${encodeURIComponent(id)}/redeliver` }, say('delivery.again.done'))
    void deliveries.again()
  }
  return (
    <section class="part">
      <h2>{say('deliveries')}</h2>
      {without ? (
        <p class="muted">{say('deliveries.off')}</p>
      ) : (
        <Shown of={deliveries}>
          {({ deliveries: all }) =>
            !all?.length ? (
              <p class="muted">{say('deliveries.none')}</p>
            ) : (
              <Rows label={say('deliveries')} head={head}>
                {all.map((delivery) => {
                  const dot = { waiting: 'dot', delivered: 'dot good', failed: 'dot warn', dropped: 'dot warn' }[delivery.status]
                  return (
                    <tr key={delivery.id}>
                      <Cell label={head[0]!}>
                        {delivery.event} <span class="small muted">{delivery.about}</span>
                      </Cell>
                      <Cell label={head[1]!}>
                        <span class="long">{delivery.url}</span>
                      </Cell>
                      <Cell label={head[2]!} numbers>
                        <span class={dot} /> {say(`delivery.${delivery.status}`)}
                        <span class="small muted"> {[delivery.code, delivery.error, delivery.took > 0 && `${delivery.took} ms`].filter(Boolean).join(' · ')}</span>
                      </Cell>
                      <Cell label={head[3]!} numbers>
                        {delivery.tries}
                      </Cell>
                      <Cell label={head[4]!} numbers>
                        {since(delivery.at)}
                      </Cell>
                      <Cell label={head[5]!}>
                        <button class="button small" type="button" onClick={() => void again(delivery)}>
                          {say('delivery.again')}
                        </button>
                      </Cell>
                    </tr>
                  )
                })}
              </Rows>
            )
          }
        </Shown>
      )}
    </section>
  )
}
