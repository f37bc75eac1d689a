import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { say } from '../text/guide'
import { local } from '../ui/server'
import type { GuideProps } from './values'

/** Phone shows a code that leads a phone here. */
export function Phone({ name, secret }: GuideProps) {
  const studio = location.protocol === 'https:'
  const url = studio ? `${location.origin}/publish/${name}${secret.value ? `#k=${secret.value}` : ''}` : `${location.origin}/`
  if (local) return <p class="guide">{say('phone.local', { host: location.host })}</p>
  return (
    <div class="guide phone">
      <Code text={url} />
      <div class="guide">
        <p>{say('phone.scan')}</p>
        <p>{say(studio ? 'phone.studio' : 'phone.watch')}</p>
        {studio && secret.value && <p class="hint">{say('phone.key')}</p>}
        <code class="address">{url.replace(/#.*/, '')}</code>
      </div>
    </div>
  )
}

/** Code draws a QR code; its generator comes when it is wanted. */
function Code({ text }: { text: string }) {
  const path = useSignal('')
  const size = useSignal(0)
  useEffect(() => {
    void import('uqr').then(({ encode }) => {
      const code = encode(text, { ecc: 'M', border: 4 })
      size.value = code.size
      path.value = code.data.flatMap((row, y) => row.map((black, x) => (black ? `M${x} ${y}h1v1h-1z` : ''))).join('')
    })
  }, [text])
  return (
    <svg class="qr" viewBox={`0 0 ${size.value} ${size.value}`} role="img" aria-label={say('code', { url: text.replace(/#.*/, '') })} shape-rendering="crispEdges">
      <path d={path.value} />
    </svg>
  )
}
