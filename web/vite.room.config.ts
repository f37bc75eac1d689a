// The page of a room, built by itself: pages that are built together share pieces, and a viewer would load what only a room
// needs of them.
import { resolve } from 'node:path'
import { defineConfig } from 'vite'
import { budget, precompress } from './plugins/dist.ts'
import { target } from './vite.config.ts'

const dist = resolve(import.meta.dirname, 'dist')

export default defineConfig({
  publicDir: false,
  build: {
    outDir: dist,
    emptyOutDir: false, // the other pages are there already
    target,
    assetsInlineLimit: 0, // the Content-Security-Policy wants files
    modulePreload: { polyfill: false },
    rolldownOptions: { input: { room: resolve(import.meta.dirname, 'room.html') } },
  },
  plugins: [precompress(dist), budget(dist, { room: 70 * 1024 })],
})
