import { resolve } from 'node:path'
import type { UserConfig } from 'vite'
import { target } from '../vite.config.ts'
import { budget, precompress } from './dist.ts'

const root = resolve(import.meta.dirname, '..')
const dist = resolve(root, 'dist')

/**
 * alone is the build of one page by itself, after that of vite.config.ts: pages that are built together share pieces, and
 * a viewer would load what only another page needs of them. kib is how much JavaScript the page may load at its start.
 */
export function alone(page: string, kib: number): UserConfig {
  return {
    publicDir: false,
    build: {
      outDir: dist,
      emptyOutDir: false, // the other pages are there already
      target,
      assetsInlineLimit: 0, // the Content-Security-Policy wants files
      modulePreload: { polyfill: false },
      rolldownOptions: { input: { [page]: resolve(root, `${page}.html`) } },
    },
    plugins: [precompress(dist), budget(dist, { [page]: kib * 1024 })],
  }
}
