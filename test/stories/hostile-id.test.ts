import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { reportOfFailure } from '../../src/cli/follow.ts';
import { TASK_QUEUE } from '../../src/client/index.ts';
import { runCommand } from '../cli/run-command.ts';
import { UNSEEN } from '../domain/media/hostile.ts';
import { ASKED, standsStill, waits } from './asked.ts';
import { type Cast, openStage, recordOf, type Stage } from './stage.ts';

const PROGRAM = join(import.meta.dirname, '../../src/cli/main.ts');
const FORGED = '2026-12-01T00:00:00.000Z  COMPLETED  rolled-back        rollback/forged';
const HOSTILE = `rollback/x; touch pwned; #'\n${FORGED}\n\u001b[2J\u202e|<!here> [x](http://evil.example) \`touch pwned\` $(touch pwned)`;

let stage: Stage;
let cast: Cast;
let env: NodeJS.ProcessEnv;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'runbook-paste-'));
  stage = await openStage();
  env = {
    ...process.env,
    TEMPORAL_ADDRESS: stage.sandbox.temporal.address,
    TEMPORAL_CONFIG_FILE: '/none.toml',
  };
  const approval = { required: true, quorum: 1, approvers: ['grace'] };
  cast = await stage.cast('hostile', { taskQueue: TASK_QUEUE, profile: { ...ASKED, approval } });
  await cast.deploy('v0.1.0');
  await cast.deploy('v0.2.0');
});
afterAll(async () => {
  await stage?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Pastes a command into a real shell, in a folder of its own. */
const paste = (command: string) => {
  const filled = command.replace('<name>', 'grace').replace('<why>', 'looked');
  const script = `runbook() { "${process.execPath}" "${PROGRAM}" "$@"; }\n${filled}\n`;
  return promisify(execFile)('bash', ['-c', script], { cwd: folder, env });
};
const seen = (text: string) => expect(text.replaceAll('\n', '')).not.toMatch(UNSEEN);
/** Lines that begin as what somebody forged. */
const forged = (text: string) => text.split('\n').filter((line) => /^\W*2026-12-01T00:00:00/.test(line));

it('T6 a run with a hostile workflow id forges no row, and the commands that are offered for it are safe to paste', async () => {
  const request = { service: 'orchestrator', target: '0.1.0', requestedBy: 'ada' };
  const handle = await stage.client.workflow.start('rollback', {
    taskQueue: TASK_QUEUE,
    workflowId: HOSTILE,
    args: [request],
  });
  await waits(handle, 'approval');
  await standsStill(handle);

  const [list, one, read] = await Promise.all([
    runCommand(['status'], env),
    runCommand(['status', HOSTILE], env),
    runCommand(['status', HOSTILE, '--json'], env),
  ]);
  for (const { stdout } of [list, one]) {
    seen(stdout);
    expect(forged(stdout)).toEqual([]);
  }
  expect(JSON.parse(read.stdout).workflowId).toBe(HOSTILE);

  const told = cast.channel.received.map(({ body }) => (body as { text: string }).text).join('\n');
  seen(told.replaceAll('\u200b', ''));
  expect(told).not.toMatch(/<!here>|\]\(http/);
  const offered = /approve: (runbook approve .*)/.exec(told)?.[1] ?? '';
  expect(offered).toBe(
    (/(runbook approve .*?) +# carry/.exec(one.stdout)?.[1] ?? 'nothing')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;'),
  );

  const reject = /(runbook reject .*?) +# end/.exec(one.stdout)?.[1] ?? 'nothing';
  const { stdout } = await paste(reject);
  expect(stdout).toContain(' • rejection ');
  expect(await readdir(folder)).toEqual([]);

  const report = reportOfFailure(await handle.result().catch((error: unknown) => error));
  if (!report) expect.fail('the run has no report');
  const { markdown, json } = await recordOf(report);
  expect(json.workflowId).toBe(HOSTILE);
  const audit = await runCommand(['audit', HOSTILE], env);
  for (const text of [markdown, audit.stdout]) {
    seen(text);
    expect(forged(text)).toEqual([]);
  }
});
