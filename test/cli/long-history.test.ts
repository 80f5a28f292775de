import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { refuse } from '../workflows/scripted-service.ts';
import { decide, ended, openScriptedStage, type ScriptedStage, waits } from '../workflows/scripted-stage.ts';
import { runCommand } from './run-command.ts';

let stage: ScriptedStage;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'runbook-history-'));
  stage = await openScriptedStage();
});
afterAll(async () => {
  await stage?.close();
  await rm(folder, { recursive: true, force: true });
});

it('T9 420 signals fill the record and no more, and the audit reads a history of more than 4 MB', async () => {
  const cast = await stage.cast('signals', { script: { plan: () => refuse('NoHistory') } });
  const run = await cast.start();
  await waits(run, 'decision-1');
  const symptoms = Array.from({ length: 20 }, (_, index) => `${index} `.padEnd(500, 'x'));
  const signals = Array.from({ length: 420 }, (_, index) =>
    run.signal('add-evidence', { by: `alert-${index}`, reason: 'firing', symptoms }),
  );
  await Promise.all(signals);
  await decide(run, 'abort');
  const report = await ended(run);
  const evidence = report.events?.filter(({ kind }) => kind === 'evidence') ?? [];
  const characters = evidence.reduce((sum, { summary }) => sum + summary.length, 0);
  expect(evidence.length).toBeGreaterThan(10);
  expect(characters).toBeLessThanOrEqual(210_000);

  const save = join(folder, 'history.json');
  const env = {
    TEMPORAL_ADDRESS: stage.sandbox.temporal.address,
    TEMPORAL_CONFIG_FILE: join(folder, 'none.toml'),
  };
  const { code, stdout, stderr } = await runCommand(['audit', run.workflowId, '--save', save], env);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(stdout).toContain('The workflow’s own result agrees.');
  expect((await readFile(save)).length).toBeGreaterThan(4.5e6);
});
