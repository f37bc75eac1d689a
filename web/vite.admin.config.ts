// The owner's page, built by itself: nobody else should load a piece of it, charts least of all.
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
    rolldownOptions: { input: { admin: resolve(import.meta.dirname, 'admin.html') } },
  },
  plugins: [precompress(dist), budget(dist, { admin: 60 * 1024 })],
})
