// What one can do by a button or by a key.
import { say } from '../text/room'
import { cameraOn, letGo, micOn, screenOn, turn, unshare } from './devices'
import * as session from './session'
import { open } from './sheets'
import { toast } from './toasts'
import { boardOpen } from './view'

export function toggleMic(): void {
  if (!session.onStage.value) return
  const silenced = session.state.value!.muted.audio
  if (!micOn.value && silenced && (silenced.blocked || silenced.ask)) return toast(say('mic.held'))
  void turn('mic', !micOn.value)
}

export function toggleCamera(): void {
  if (session.onStage.value) void turn('camera', !cameraOn.value)
}

export function toggleShare(): void {
  if (screenOn.value) void unshare()
  else if (session.may('screen') && session.onStage.value) open.value = { what: 'share' }
}

export function toggleHand(): void {
  if (!session.may('hand') || session.onStage.value) return
  void session.ask(session.state.value!.hand.raised ? 'hand.lower' : 'hand.raise')
}

export function toggleBoard(): void {
  boardOpen.value = !boardOpen.value
}

export function toggleFullscreen(): void {
  if (document.fullscreenElement) void document.exitFullscreen()
  else void document.querySelector('.stage')?.requestFullscreen().catch(() => undefined) // not allowed in this frame
}

export async function stepDown(): Promise<void> {
  if (await session.ask('stage.leave')) letGo()
}

/** talk turns the microphone on for as long as a key is held. */
export function talk(down: boolean): void {
  if (session.onStage.value && down !== micOn.value) void turn('mic', down)
}

