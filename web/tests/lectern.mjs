// A server of its own for each group of tests, with the settings that provoke what is to be seen.
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'

const binary = process.env.LECTERN_BIN ?? '../bin/lectern'

/** elsewhere is an address of this machine that is not loopback: from there the server is somebody else's. */
export const elsewhere = Object.values(networkInterfaces())
  .flat()
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address

const running = new Set()
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL'))) // also when a test throws

export class Lectern {
  static async start(settings = {}) {
    const made = new Lectern()
    made.port = await freePort()
    made.dir = await mkdtemp(join(tmpdir(), 'lectern-pages-'))
    const own = { 'http.listen': `:${made.port}`, 'rtmp.listen': '', 'admin.listen': '', 'data.dir': join(made.dir, 'data') }
    const pages = process.env.LECTERN_WEB_DIR && { 'web.dir': process.env.LECTERN_WEB_DIR }
    await writeFile(join(made.dir, 'lectern.yaml'), JSON.stringify({ ...own, ...pages, ...settings })) // YAML is a superset
    await made.up()
    return made
  }

  /** url as seen from this machine, where no key is needed; other as seen from the network. */
  get url() {
    return `http://127.0.0.1:${this.port}`
  }
  get other() {
    return `http://${elsewhere}:${this.port}`
  }

  /** key is the one that the first start made. */
  async key() {
    return (await readFile(join(this.dir, 'data', 'publish.key'), 'utf8')).trim()
  }

  async up() {
    this.process = spawn(binary, ['--config', join(this.dir, 'lectern.yaml')], { stdio: 'ignore', env: { PATH: process.env.PATH } }) // LECTERN_… would be settings
    this.ended = new Promise((resolve) => this.process.once('exit', resolve))
    running.add(this.process)
    for (let left = 100; left > 0; left--) {
      const ready = await fetch(`${this.url}/readyz`).catch(() => undefined)
      if (ready?.ok) return
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    throw new Error('the server does not come up')
  }

  /** down ends the process at once, as a power cut would; term asks it to go. */
  async down() {
    this.process.kill('SIGKILL')
    await this.ended
  }
  term() {
    this.process.kill('SIGTERM')
  }

  async end() {
    await this.down()
    await rm(this.dir, { recursive: true, force: true })
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })
}
