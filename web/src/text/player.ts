
const en = {
  video: 'Live video',
  connecting: 'Connecting…',
  waiting: 'Not live yet. It starts here by itself.',
  stalled: 'No new picture from the sender. It goes on by itself.',
  reconnecting: 'Connection lost. Reconnecting…',
  offline: 'Not live right now. It starts here by itself.',
  denied: 'This stream needs a valid key.',
  unsupported: 'This browser cannot play this stream.',
  failed: 'The address of this stream is not right.',
  ended: 'Stopped.',
  tap_sound: 'Tap for sound',
  tap_play: 'Tap to play',
  sound: 'Sound',
  fullscreen: 'Full screen',
  again: 'Try again',
}

const zh: Record<keyof typeof en, string> = {
  video: '直播画面',
  connecting: '正在连接…',
  waiting: '尚未开播，开播后会自动播放。',
  stalled: '主播端没有新画面，恢复后会自动继续。',
  reconnecting: '连接中断，正在重新连接…',
  offline: '目前没有直播，开播后会自动播放。',
  denied: '观看此直播需要有效的密钥。',
  unsupported: '此浏览器无法播放该直播。',
  failed: '直播地址不正确。',
  ended: '已停止。',
  tap_sound: '点击开启声音',
  tap_play: '点击播放',
  sound: '声音',
  fullscreen: '全屏',
  again: '重试',
}

export const catalogs = { en, 'zh-CN': zh }
export type Key = keyof typeof en
