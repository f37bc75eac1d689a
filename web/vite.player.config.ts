// /player.js: the custom element for other sites, one module under a name that stays.
import { resolve } from 'node:path'
import { defineConfig } from 'vite'
import { moduleBudget, precompress } from './plugins/dist.ts'
import { target } from './vite.config.ts'

const dist = resolve(import.meta.dirname, 'dist')

export default defineConfig({
  publicDir: false,
  build: {
    outDir: dist,
    emptyOutDir: false, // the pages are there already
    target,
    lib: { entry: resolve(import.meta.dirname, 'src/player/player.ts'), formats: ['es'], fileName: () => 'player.js' },
  },
  plugins: [precompress(dist), moduleBudget(resolve(dist, 'player.js'), 20 * 1024)],
})
