import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { parseConfig } from '../../src/config/load.ts';
import { prepareDependencies } from '../../src/wiring/services.ts';
import { planOf, signal } from '../preconditions/surroundings.ts';

/** What a worker with this file knows of its service. */
async function prepared(preconditions: string, env: Readonly<Record<string, string>> = {}) {
  const text = `services:
  orchestrator:
    environment: staging
    kubernetes: { namespace: phoenix-orch, deployment: master-orchestrator }
    endpoint: http://127.0.0.1:8181/
${preconditions}`;
  const config = parseConfig(text, { file: 'runbook.yaml' });
  const made = prepareDependencies({ config, env, namespace: 'default' }, () => ({ usable: false }) as never);
  onTestFinished(() => made.close());
  return made.dependencies.service('orchestrator');
}

it('a worker looks at nothing for a service whose profile has no preconditions', async () => {
  expect(await prepared('')).not.toHaveProperty('preconditions');
});

it('a worker asks the gate of the profile, with the names of its service and its own secrets', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gate-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const program = join(folder, 'gate');
  await writeFile(program, '#!/bin/sh\necho "$1 $2 $3 $(printf %s $SECRET | wc -c)"; exit 1\n', {
    mode: 0o755,
  });
  const off = [
    'image',
    'platform',
    'quota',
    'disruption-budget',
    'autoscaler',
    'conflicting-controller',
    'reachable',
  ];
  const { preconditions } = await prepared(
    `    preconditions:
      ${off.map((id) => `${id}: off`).join('\n      ')}
      command:
        run: [${program}, "{{service}}", "{{environment}}", "{{to}}"]
        env: { SECRET: { env: DB_SECRET }, PATH: /usr/bin:/bin }
`,
    { DB_SECRET: 'twelve-chars' },
  );
  expect(await preconditions?.find(planOf('app:1'), { signal })).toEqual([
    {
      id: 'command',
      state: 'not-met',
      says: 'gate says that it may not go back: orchestrator staging 0.1.0 12',
    },
  ]);
});
