import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { type ConfigOptions, composeEntry, writeConfig } from '../../sandbox/demo/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { DEFAULT_POLICY } from '../../src/domain/request/policy.ts';

async function policyOf(options: Pick<ConfigOptions, 'policy' | 'profile'>) {
  const folder = await mkdtemp(join(tmpdir(), 'runbook-config-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const world = { target: composeEntry(folder), endpoint: 'http://127.0.0.1:1', apiPort: 1, metricsPort: 2 };
  const { services } = await loadConfig(await writeConfig({ folder, records: folder, ...world, ...options }));
  return services.orchestrator?.policy;
}

it('runs of the sandbox ask nobody and end at once, unless somebody attends', async () => {
  expect(await policyOf({})).toEqual({
    ...DEFAULT_POLICY,
    decisions: { ...DEFAULT_POLICY.decisions, waitMs: 0 },
    followThrough: { ...DEFAULT_POLICY.followThrough, forMs: 0 },
  });
  expect(await policyOf({ policy: {} })).toEqual(DEFAULT_POLICY);
});

it('a section of the profile replaces the one of the sandbox, and no other', async () => {
  expect(await policyOf({ profile: { decisions: { atDeadline: 'fall-back' } } })).toMatchObject({
    decisions: { waitMs: DEFAULT_POLICY.decisions.waitMs, atDeadline: 'fall-back' },
    followThrough: { forMs: 0 },
  });
});
