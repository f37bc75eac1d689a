import { useSignal } from '@preact/signals'
import { request } from '../lib/resource'
import { say } from '../text/home'
import { takeKey } from '../ui/address'
import { info } from '../ui/server'

/** NewRoom makes a classroom and enters it as its teacher: for those who may publish here. */
export function NewRoom() {
  const refused = useSignal(false)
  if (info.value.publish.key_needed && !takeKey()) return null
  const make = async () => {
    const response = await request('/api/v1/rooms', takeKey() || undefined, { method: 'POST' }).catch(() => undefined)
    refused.value = !response?.ok
    if (!response?.ok) return
    const { links } = (await response.json()) as { links: { teacher: string } }
    const { pathname, hash } = new URL(links.teacher)
    location.assign(pathname + hash) // on the address by which this page came, whatever the server calls itself
  }
  return (
    <button class="button" type="button" onClick={() => void make()}>
      <span aria-live="polite">{say(refused.value ? 'room.refused' : 'room.new')}</span>
    </button>
  )
}
