import { say } from '../text/admin'
import { Deliveries } from './deliveries'
import { Denied } from './denied'
import { Api } from './dialog'
import { Keys } from './keys'

/** Access is who may enter: keys, tokens that are not accepted any more, and who is told of what happens. */
export function Access() {
  return (
    <>
      <h1>{say('access')}</h1>
      <Keys />
      <Denied />
      <Deliveries />
      <Api
        calls={[
          { method: 'GET', path: 'keys' },
          { method: 'POST', path: 'keys', body: { name: 'camera 1', stream: ['live/cam1'], can: ['publish'] } },
          { method: 'POST', path: 'keys/ID/rotate' },
          { method: 'DELETE', path: 'keys/ID' },
          { method: 'POST', path: 'denied', body: { jti: 'ID' } },
          { method: 'DELETE', path: 'denied/ID' },
          { method: 'GET', path: 'webhooks/deliveries' },
          { method: 'POST', path: 'webhooks/deliveries/ID/redeliver' },
        ]}
      />
    </>
  )
}
