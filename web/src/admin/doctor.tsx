import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Problem } from '../lib/problem'
import { say, type Key } from '../text/admin'
import { CopyButton } from '../ui/frame'
import { Notice } from '../ui/notice'
import { common } from '../text/frame'
import { get } from './api'
import { Checks } from './checks'
import { Api } from './dialog'
import { failure } from './words'

interface Check {
  id: string
  level: 'ok' | 'warn' | 'fail'
  title: string
  detail?: string
  fix?: string
}

const marks = { ok: '✔', warn: '!', fail: '✖' } as const
/** How long the server may look, in milliseconds. */
const patience = 70_000

const report = signal<Check[] | undefined>(undefined)
const problem = signal<Problem | undefined>(undefined)
const busy = signal(false)

async function look(full: boolean): Promise<void> {
  if (busy.value) return
  busy.value = true
  try {
    report.value = (await get<{ checks: Check[] | null }>(full ? 'doctor?full=1' : 'doctor', patience)).checks ?? []
    problem.value = undefined
  } catch (error) {
    problem.value = error as Problem
  }
  busy.value = false
}

/** Doctor is what the server finds when it looks at itself. */
export function Doctor() {
  useEffect(() => void (report.value || look(false)), [])
  const all = report.value
  const count = (level: Check['level']) => all?.filter((check) => check.level === level).length ?? 0
  return (
    <>
      <div class="bar">
        <h1>{say('doctor')}</h1>
        <div class="actions">
          <button class="button small" type="button" disabled={busy.value} onClick={() => void look(false)}>
            {say('doctor.again')}
          </button>
          <button class="button small" type="button" disabled={busy.value} onClick={() => void look(true)}>
            {say('doctor.full')}
          </button>
          {all && <CopyButton text={() => all.map(({ level, title, detail, fix }) => `${marks[level]} ${title}: ${detail ?? ''}${fix ? `\n    → ${fix}` : ''}`).join('\n')} kind="button small" />}
        </div>
      </div>
      <p class="verdict" role="status">
        {busy.value ? say('doctor.looking') : all && (count('fail') ? say('doctor.fail', { n: count('fail') }) : count('warn') ? say('doctor.warn', { n: count('warn') }) : say('doctor.ok'))}
      </p>
      {problem.value && <Notice what={say('failed')} why={problem.value.code === 'not_found' ? say('doctor.off') : failure(problem.value)} button={common('again')} onPress={() => void look(false)} />}
      {all && (
        <ul class={busy.value ? 'checks stale' : 'checks'}>
          {all.map(({ id, level, title, detail, fix }) => (
            <li key={id} class={level}>
              <span class="mark" role="img" aria-label={say(`level.${level}` as Key)}>
                {marks[level]}
              </span>
              <div>
                <strong>{title}</strong> {detail && <span class="muted">{detail}</span>}
                {fix && <p class="fix">{fix}</p>}
              </div>
            </li>
          ))}
        </ul>
      )}
      <Checks />
      <Api
        calls={[
          { method: 'GET', path: 'doctor' },
          { method: 'GET', path: 'doctor?full=1' },
          { method: 'GET', path: 'checks' },
          { method: 'POST', path: 'checks', body: { name: 'Ada' } },
          { method: 'DELETE', path: 'checks/CODE' },
        ]}
      />
    </>
  )
}
