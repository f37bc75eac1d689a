import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'
import { budget, emptyDist, precompress } from './plugins/dist.ts'

const dist = resolve(import.meta.dirname, 'dist')
const page = (name: string) => resolve(import.meta.dirname, name)

// `npm run dev` shows the pages from source; what they ask of the server goes to one that runs beside.
const server = process.env['LECTERN_SERVER'] ?? 'http://127.0.0.1:8080'

/** The oldest browsers that the pages are made for. */
export const target = ['chrome111', 'firefox115', 'safari16.4']

export default defineConfig({
  build: {
    outDir: dist,
    emptyOutDir: false, // emptyDist does it
    target,
    assetsInlineLimit: 0, // the Content-Security-Policy wants files
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { index: page('index.html'), publish: page('publish.html'), watch: page('watch.html') },
    },
  },
  server: { proxy: { '/api': { target: server, ws: true }, '/whip': server, '/whep': server } },
  plugins: [emptyDist(dist), precompress(dist), budget(dist, { index: 25 * 1024, publish: 40 * 1024, watch: 25 * 1024 }), pagePaths()],
  test: { include: ['src/**/*.test.ts', 'plugins/**/*.test.ts'], environment: 'node', restoreMocks: true, unstubGlobals: true },
})

/** pagePaths gives the development server the same addresses as the Go handler has. */
function pagePaths() {
  return {
    name: 'lectern-page-paths',
    configureServer(dev: import('vite').ViteDevServer) {
      dev.middlewares.use((request, _, next) => {
        const match = /^\/(publish|watch|room|check|admin)(\/[^.?]*)?(\?.*)?$/.exec(request.url ?? '')
        if (match) request.url = `/${match[1]}.html${match[3] ?? ''}`
        next()
      })
    },
  }
}
