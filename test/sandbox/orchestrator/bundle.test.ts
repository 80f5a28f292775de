import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { bundled } from '../../../sandbox/orchestrator/bundle.ts';

test('the stand-in as one file is made once, and imports nothing of the repository', async () => {
  const cache = await mkdtemp(join(tmpdir(), 'bundle-'));
  vi.stubEnv('RUNBOOK_CACHE', cache);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await rm(cache, { recursive: true });
  });
  const [first, other] = await Promise.all([bundled('orchestrator'), bundled('orchestrator')]);
  expect(other).toBe(first);
  const { ino } = await stat(first);
  expect(await bundled('orchestrator')).toBe(first);
  expect((await stat(first)).ino).toBe(ino);
  expect(await readdir(dirname(first))).toHaveLength(1);
  expect(await readFile(first, 'utf8')).not.toMatch(/^(import|export) .*from ["']\./m);
});
