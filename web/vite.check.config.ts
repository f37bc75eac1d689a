// The page that tells whether a browser can reach this server, built by itself: it has to load where little gets through.
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
    rolldownOptions: { input: { check: resolve(import.meta.dirname, 'check.html') } },
  },
  plugins: [precompress(dist), budget(dist, { check: 25 * 1024 })],
})
