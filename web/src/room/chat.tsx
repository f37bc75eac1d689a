import { computed, signal, useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { RoomError, type Message } from '../lib/room'
import { say } from '../text/room'
import { language } from '../text/language'
import { flying, toggleFlying } from './danmaku'
import { Icon } from './icons'
import * as session from './session'

/** What the lines depend on, so that they are not made anew whenever somebody speaks. */
const lines = computed(() => session.state.value?.messages ?? [])
const older = computed(() => session.state.value?.more === true)
const self = computed(() => session.me.value?.member)
const answers = computed(() => session.may('chat'))
/** What is being replied to. */
const answering = signal<Message | undefined>(undefined)

/** Chat is what was written, and the line to write on. */
export function Chat() {
  return (
    <div class="chat">
      <Pinned />
      <Messages />
      <Compose />
    </div>
  )
}

function Pinned() {
  const { pinned } = session.state.value!
  if (!pinned) return null
  return (
    <div class="pinned">
      <span class="small muted">
        <Icon name="pin" /> {say('chat.pinned')} · {pinned.name}
      </span>
      <p>
        <Words text={pinned.text} />
      </p>
      {session.staff.value && (
        <button class="quiet" type="button" aria-label={say('chat.unpin')} onClick={() => void session.ask('chat.pin', { msg: '' })}>
          <Icon name="close" />
        </button>
      )}
    </div>
  )
}

/** How near to the end counts as reading along, pixels. */
const near = 60

function Messages() {
  const list = useRef<HTMLOListElement>(null)
  const along = useRef(true)
  const messages = lines.value
  const more = older.value
  const byId = new Map(messages.map((message) => [message.msg, message]))
  useEffect(() => {
    if (along.current) list.current!.scrollTop = list.current!.scrollHeight
  }, [messages.length, messages.at(-1)?.msg])
  const scrolled = () => {
    const { scrollTop, scrollHeight, clientHeight } = list.current!
    along.current = scrollHeight - scrollTop - clientHeight < near
  }
  const earlier = async () => {
    const { scrollHeight, scrollTop } = list.current!
    await session.attempt(() => session.current()!.history())
    requestAnimationFrame(() => (list.current!.scrollTop = list.current!.scrollHeight - scrollHeight + scrollTop)) // what was read stays where it was
  }
  return (
    <ol class="messages" ref={list} onScroll={scrolled} tabIndex={0} aria-label={say('chat')}>
      {more && (
        <li class="earlier">
          <button class="button small" type="button" onClick={() => void earlier()}>
            {say('chat.older')}
          </button>
        </li>
      )}
      {messages.length === 0 && <li class="muted none">{say('chat.none')}</li>}
      {messages.map((message) => (
        <Line key={message.msg} message={message} quoted={byId.get(message.reply_to ?? '')} />
      ))}
    </ol>
  )
}

/** Line is one message. It depends on signals that seldom change, and is left alone while others come: a chat has hundreds. */
function Line({ message, quoted }: { message: Message; quoted: Message | undefined }) {
  const { name, role, text, at, to, danmaku, member } = message
  const mine = member === self.value
  return (
    <li class={danmaku ? 'line flew' : mine ? 'line mine' : 'line'}>
      <p class="by small">
        <strong>{name}</strong>
        {role !== 'student' && role !== 'observer' && <span class="role">{say(role)}</span>}
        {to && <span class="role to">{say('chat.private')}</span>}
        {danmaku && (
          <span title={say('chat.flew')}>
            <Icon name="fly" />
          </span>
        )}
        <time class="muted numbers" dateTime={at}>
          {new Date(at).toLocaleTimeString(language.value, { hour: '2-digit', minute: '2-digit' })}
        </time>
      </p>
      {quoted && (
        <blockquote class="small muted">
          {quoted.name}: {quoted.text}
        </blockquote>
      )}
      <p class="text">
        <Words text={text} />
      </p>
      <span class="acts">
        {answers.value && (
          <button class="quiet" type="button" onClick={() => (answering.value = message)}>
            {say('chat.reply')}
          </button>
        )}
        {session.staff.value && !to && (
          <button class="quiet" type="button" onClick={() => void session.ask('chat.pin', { msg: message.msg })}>
            {say('chat.pin')}
          </button>
        )}
        {(session.staff.value || mine) && (
          <button class="quiet" type="button" onClick={() => void session.ask('chat.delete', { msg: message.msg })}>
            {say('chat.delete')}
          </button>
        )}
      </span>
    </li>
  )
}

/** Words is a text whose addresses can be followed. */
function Words({ text }: { text: string }) {
  return (
    <>
      {text.split(/(https?:\/\/[^\s<>"]+)/).map((part, i) =>
        i % 2 === 1 ? (
          <a key={i} href={part} target="_blank" rel="noopener noreferrer">
            {part}
          </a>
        ) : (
          part
        ),
      )}
    </>
  )
}

/** What is being written stays when the panel is closed. */
let draft = ''

function Compose() {
  const field = useRef<HTMLTextAreaElement>(null)
  const to = useSignal('')
  const fly = useSignal(false)
  const wait = useSignal(0)
  const { limits, room } = session.state.value!
  const most = fly.value ? limits.danmaku_chars : limits.chat_chars
  useEffect(() => {
    if (wait.value <= 0) return
    const timer = setTimeout(() => (wait.value -= 1), 1000)
    return () => clearTimeout(timer)
  }, [wait.value])
  useEffect(() => {
    if (answering.value) field.current?.focus()
  }, [answering.value])
  if (!session.may('chat')) return <p class="muted off">{say('chat.off')}</p>
  const send = async () => {
    const text = field.current!.value.trim()
    if (!text || wait.value > 0) return
    field.current!.value = draft = ''
    try {
      if (fly.value) await session.current()!.ask('danmaku.send', { text, lane: 'roll' })
      else await session.current()!.say(text, to.value || undefined, answering.value?.msg)
      answering.value = undefined
    } catch (error) {
      if (field.current && !field.current.value) field.current.value = draft = text // nothing that was written is lost
      const after = error instanceof RoomError && error.code === 'rate_limited' ? error.refusal.retry_after_ms : undefined
      if (after) wait.value = Math.ceil(after / 1000)
      else session.complain(error)
    }
  }
  const keyed = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
    event.preventDefault()
    void send()
  }
  return (
    <form
      class="compose"
      onSubmit={(event) => {
        event.preventDefault()
        void send()
      }}
    >
      {answering.value && (
        <p class="answering small">
          {say('chat.reply_to', { name: answering.value.name })}
          <button class="quiet" type="button" aria-label={say('cancel')} onClick={() => (answering.value = undefined)}>
            <Icon name="close" />
          </button>
        </p>
      )}
      <div class="choices">
        {(session.staff.value || room.policy.chat === 'all') && (
          <select aria-label={say('chat.to')} value={to.value} onChange={(event) => (to.value = event.currentTarget.value)}>
            <option value="">{say('chat.all')}</option>
            <option value="staff">{say('chat.staff')}</option>
          </select>
        )}
        {room.policy.danmaku && session.may('danmaku') && (
          <button class="quiet" type="button" aria-pressed={fly.value} aria-label={say('chat.fly')} title={say('chat.fly')} onClick={() => (fly.value = !fly.value)}>
            <Icon name="fly" />
          </button>
        )}
        {room.policy.danmaku && (
          <button class="quiet small" type="button" aria-pressed={flying.value} onClick={toggleFlying}>
            {say(flying.value ? 'danmaku.off' : 'danmaku.on')}
          </button>
        )}
      </div>
      <div class="writing">
        <textarea
          ref={field}
          rows={1}
          maxLength={most}
          aria-label={say('chat.write')}
          placeholder={wait.value > 0 ? say('chat.wait', { s: wait.value }) : say('chat.write')}
          defaultValue={draft}
          onInput={(event) => (draft = event.currentTarget.value)}
          onKeyDown={keyed}
        />
        <button class="button primary icon" type="submit" disabled={wait.value > 0} aria-label={wait.value > 0 ? say('chat.wait', { s: wait.value }) : say('chat.send')}>
          {wait.value > 0 ? <span class="numbers">{wait.value}</span> : <Icon name="send" />}
        </button>
      </div>
    </form>
  )
}
