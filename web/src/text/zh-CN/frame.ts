import type { Key } from '../frame'

const zh: Record<Key, string> = {
  streams: '直播列表',
  publish: '开始直播',
  watch: '观看',
  pages: '页面',
  language: '语言',
  light: '浅色',
  dark: '深色',
  copy: '复制',
  copied: '已复制',
  again: '重试',
  now: '立即重试',
  details: '复制诊断信息',
}

export default zh
