import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { prometheusProblem } from '../../../sandbox/prometheus/index.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prometheus-problem-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(() => void vi.stubEnv('CI', undefined));

const bare = () => ({
  PATH: join(folder, 'none'),
  RUNBOOK_CACHE: join(folder, 'cache'),
  RUNBOOK_OFFLINE: '1',
});

test('a machine without Prometheus is told so, with both programs', async () => {
  expect(await prometheusProblem({ env: bare() })).toMatch(
    /^prometheus cannot be had \(.*\), promtool cannot be had \(.*\)$/,
  );
});

test('in CI it is an error: nothing may be skipped there', async () => {
  vi.stubEnv('CI', 'true');
  await expect(prometheusProblem({ env: bare() })).rejects.toMatchObject({
    name: 'ToolMissing',
    message: expect.stringContaining('Debian package prometheus'),
  });
});

test('an older one will not do', async () => {
  const program = join(folder, 'old');
  await writeFile(
    program,
    '#!/bin/sh\necho "prometheus, version 2.24.1+ds (branch: debian/sid, revision: 1)"\n',
  );
  await chmod(program, 0o755);
  const env = { ...bare(), RUNBOOK_PROMETHEUS: program };
  expect(await prometheusProblem({ env })).toMatch(/is version 2\.24\.1, accepted is 2\.42 or newer/);
});
