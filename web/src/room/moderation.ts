// What staff does with others.
import { RoomError, type Member } from '../lib/room'
import { say } from '../text/room'
import * as session from './session'
import { open } from './sheets'
import { toast } from './toasts'

/** invite asks somebody on stage; when it is full, for somebody to make room. */
export async function invite(member: string, name: string, swap?: string): Promise<void> {
  try {
    await session.current()!.ask('stage.invite', { member, ...(swap && { swap }) })
    toast(say('invited.sent', { name }))
  } catch (error) {
    if (error instanceof RoomError && error.code === 'stage_full' && !swap) open.value = { what: 'swap', who: { member, name, role: 'student', since: '' } }
    else session.complain(error)
  }
}

/** muteAll turns off everybody's microphone who is not staff. */
export const muteAll = () => session.staff.value && void session.ask('media.mute', { member: '*', kind: 'audio' })

/** remove takes somebody off the stage, who stays in the room. */
export const remove = (who: Member) => void session.ask('stage.remove', { member: who.member })
