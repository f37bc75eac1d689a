// Two steps of the build that concern the folder the Go server embeds.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { constants, gzipSync } from 'node:zlib'
import type { Plugin } from 'vite'

/** Files under this size do not get smaller on the wire: they fit one packet as they are. */
const worthwhile = 1024

/**
 * emptyDist clears the output folder but keeps its `.gitkeep`: go:embed needs one file there, so that
 * the server compiles in a checkout whose pages were never built.
 */
export function emptyDist(dir: string): Plugin {
  return {
    name: 'lectern-empty-dist',
    apply: 'build',
    async buildStart() {
      for (const entry of await readdir(dir).catch(() => [])) {
        if (entry !== '.gitkeep') await rm(join(dir, entry), { recursive: true })
      }
    },
  }
}

/** precompress writes NAME.gz beside each text file, so that the server never compresses on a request. */
export function precompress(dir: string): Plugin {
  return {
    name: 'lectern-precompress',
    apply: 'build',
    async closeBundle() {
      for (const entry of await readdir(dir, { recursive: true })) {
        if (!/\.(html|js|css|svg|json)$/.test(entry)) continue
        const plain = await readFile(join(dir, entry))
        const packed = gzipSync(plain, { level: constants.Z_BEST_COMPRESSION })
        if (plain.length < worthwhile || packed.length >= plain.length) continue
        await writeFile(join(dir, entry + '.gz'), packed)
      }
    },
  }
}

/**
 * budget prints how much JavaScript each page loads at its start, compressed, and fails the build when one loads more
 * than it may (bytes by name of the page).
 */
export function budget(dir: string, most: Record<string, number>): Plugin {
  return {
    name: 'lectern-budget',
    apply: 'build',
    async closeBundle() {
      for (const [page, limit] of Object.entries(most)) {
        const html = await readFile(join(dir, `${page}.html`), 'utf8')
        let size = 0
        for (const [, path] of html.matchAll(/(?:src|href)="(\/assets\/[^"]+\.js)"/g)) size += gzipSync(await readFile(join(dir, path!))).length
        const text = `${page}: ${(size / 1024).toFixed(1)} of ${limit / 1024} KiB JavaScript`
        if (size > limit) this.error(text)
        console.log(text)
      }
    },
  }
}

/** moduleBudget is budget for one file that has no page. */
export function moduleBudget(path: string, limit: number): Plugin {
  return {
    name: 'lectern-module-budget',
    apply: 'build',
    async closeBundle() {
      const size = gzipSync(await readFile(path)).length
      const text = `${basename(path)}: ${(size / 1024).toFixed(1)} of ${limit / 1024} KiB`
      if (size > limit) this.error(text)
      console.log(text)
    },
  }
}
