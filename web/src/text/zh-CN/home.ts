import type { Key } from '../home'

const zh: Record<Key, string> = {
  title: '直播列表 · Lectern',
  live: '正在直播',
  live_n: '正在直播（{n}）',
  none: '目前没有人在直播',
  'none.why': '有人开播后会自动出现在这里。您来当第一个吧：',
  looking: '正在查找直播…',
  stale: '服务器没有响应。',
  'stale.why': '您看到的可能不是最新内容，正在自动重试…',
  uptime: '已直播 {time}',
  waiting: '等待中',
  'waiting.why': '主播暂时离开，可能会回来。',
  viewers: '{n, plural, other {# 人观看}}',
  demo: '演示',
  by: '通过 {protocol}',
  'health.good': '一切正常',
  'health.waiting': '目前无人推流',
  'health.silent': '没有声音',
  'health.dark': '没有画面',
  'health.codec': '此浏览器可能无法播放 {codec}',
  'health.thin': '码率很低：{rate}',
  begin: '开始使用',
  test: '启动测试直播',
  by_name: '按名称观看直播',
  'by_name.rule': '字母、数字、- 和 _',
  watch: '观看',
  version: 'Lectern {version}',
  healthy: '服务器运行正常',
  unhealthy: '服务器没有响应',
}

export default zh
