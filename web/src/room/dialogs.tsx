import { useSignal } from '@preact/signals'
import type { Member } from '../lib/room'
import { say } from '../text/room'
import { Own } from './own'
import { share, turn, type Motion } from './devices'
import { ClassSheet } from './class'
import { Invitation, StepUp } from './invitation'
import { ReportSheet } from './reportsheet'
import { invite, remove } from './moderation'
import * as session from './session'
import { Sheet } from './sheet'
import { close, open } from './sheets'

/** Dialogs is whatever lies over the room. An invitation comes first: it does not wait. */
export function Dialogs() {
  const { invited, asked } = session.state.value!
  if (invited) return <Invitation />
  if (asked && session.onStage.value) return <Asked kind={asked === 'video' ? 'video' : 'audio'} />
  const now = open.value
  switch (now?.what) {
    case 'stage':
      return <StepUp />
    case 'share':
      return <Share />
    case 'class':
      return <ClassSheet />
    case 'report':
      return <ReportSheet />
    case 'devices':
      return (
        <Sheet title={say('settings')} close={close}>
          <Own />
        </Sheet>
      )
    case 'person':
      return <PersonSheet who={now.who} />
    case 'kick':
      return <Kick who={now.who} />
    case 'swap':
      return <Swap who={now.who} />
    default:
      return null
  }
}

function Asked({ kind }: { kind: 'audio' | 'video' }) {
  const no = () => session.current()!.answered()
  const yes = () => {
    no()
    void turn(kind === 'audio' ? 'mic' : 'camera', true)
  }
  return (
    <Sheet title={say(kind === 'audio' ? 'mic' : 'camera')} close={no}>
      <p>{say(`asked.${kind}`)}</p>
      <div class="actions">
        <button class="button primary" type="button" onClick={yes}>
          {say('asked.yes')}
        </button>
        <button class="button" type="button" onClick={no}>
          {say('asked.no')}
        </button>
      </div>
    </Sheet>
  )
}

/** Share asks the one question that decides how a screen is sent. */
function Share() {
  const what = useSignal<Motion>('text')
  const go = () => {
    close()
    void share(what.value)
  }
  return (
    <Sheet title={say('share.on')} close={close}>
      <fieldset class="kinds">
        <legend>{say('share.what')}</legend>
        {(['text', 'motion'] as const).map((one) => (
          <label key={one} class="option">
            <input type="radio" name="what" checked={what.value === one} onChange={() => (what.value = one)} />
            <span>
              <strong>{say(`share.${one}`)}</strong> <span class="muted">{say(`share.${one}.why`)}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <div class="actions">
        <button class="button primary" type="button" onClick={go}>
          {say('share.go')}
        </button>
      </div>
    </Sheet>
  )
}

/** PersonSheet is all that staff may do with somebody. */
function PersonSheet({ who }: { who: Member }) {
  const state = session.state.value!
  const seat = state.seats.find((one) => one.seat > 0 && one.member?.id === who.member)
  const blocked = who.blocked?.includes('audio') === true
  const does = (run: () => void) => () => {
    close()
    run()
  }
  const asks = (type: string, data: object = {}) => does(() => void session.ask(type, { member: who.member, ...data }))
  return (
    <Sheet title={who.name} close={close}>
      <div class="deeds">
        {!seat && (
          <button class="button" type="button" onClick={does(() => void invite(who.member, who.name))}>
            {say('do.invite')}
          </button>
        )}
        {seat && (
          <>
            {seat.audio ? (
              <button class="button" type="button" onClick={asks('media.mute', { kind: 'audio' })}>
                {say('do.mute')}
              </button>
            ) : (
              <button class="button" type="button" onClick={asks('media.ask', { kind: 'audio' })}>
                {say('do.ask')}
              </button>
            )}
            {seat.video && (
              <button class="button" type="button" onClick={asks('media.mute', { kind: 'video' })}>
                {say('do.camera')}
              </button>
            )}
            <button class="button" type="button" onClick={asks('room.layout', { mode: state.room.layout.mode, keep: state.room.layout.keep ?? [], spotlight: state.room.layout.spotlight === who.member ? '' : who.member })}>
              {say(state.room.layout.spotlight === who.member ? 'spotlight.off' : 'spotlight')}
            </button>
            <button class="button" type="button" onClick={does(() => remove(who))}>
              {say('do.remove')}
            </button>
          </>
        )}
        <button class="button" type="button" onClick={asks('media.block', { kind: 'audio', blocked: !blocked })}>
          {say(blocked ? 'do.unblock' : 'do.block')}
        </button>
        {!who.board && who.role === 'student' && (
          <button class="button" type="button" onClick={asks('board.grant', { on: true })}>
            {say('do.board')}
          </button>
        )}
        {session.may('teach') &&
          (['student', 'assistant', 'teacher'] as const)
            .filter((role) => role !== who.role)
            .map((role) => (
              <button key={role} class="button" type="button" onClick={asks('people.role', { role })}>
                {say('do.role', { role: say(role) })}
              </button>
            ))}
        <button class="button danger" type="button" onClick={() => (open.value = { what: 'kick', who })}>
          {say('do.kick')}
        </button>
      </div>
    </Sheet>
  )
}

function Kick({ who }: { who: Member }) {
  const ban = useSignal('none')
  const reason = useSignal('')
  const go = () => {
    close()
    void session.ask('people.kick', { member: who.member, ban: ban.value, ...(reason.value && { reason: reason.value }) })
  }
  return (
    <Sheet title={say('kick', { name: who.name })} close={close}>
      <div class="field">
        <label for="reason">{say('kick.why', { name: who.name })}</label>
        <input id="reason" maxLength={200} value={reason.value} onInput={(event) => (reason.value = event.currentTarget.value)} />
      </div>
      <fieldset class="kinds">
        <legend>{say('kick.ban')}</legend>
        {(['none', 'class', '24h'] as const).map((one) => (
          <label key={one} class="option">
            <input type="radio" name="ban" checked={ban.value === one} onChange={() => (ban.value = one)} />
            {say(`kick.${one}`)}
          </label>
        ))}
      </fieldset>
      <div class="actions">
        <button class="button danger" type="button" onClick={go}>
          {say('kick.do')}
        </button>
        <button class="button" type="button" onClick={close}>
          {say('cancel')}
        </button>
      </div>
    </Sheet>
  )
}

/** Swap asks who makes room on a full stage. */
function Swap({ who }: { who: Member }) {
  const { seats } = session.state.value!
  const people = seats.filter(({ seat, member }) => seat > 0 && member)
  return (
    <Sheet title={say('swap', { name: who.name })} close={close}>
      <div class="deeds">
        {people.map(({ seat, member }) => (
          <button
            key={seat}
            class="button"
            type="button"
            onClick={() => {
              close()
              void invite(who.member, who.name, member!.id)
            }}
          >
            {member!.name}
          </button>
        ))}
      </div>
    </Sheet>
  )
}
