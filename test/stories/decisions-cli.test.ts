import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { imageOf } from '../../sandbox/manifests.ts';
import { TASK_QUEUE } from '../../src/client/index.ts';
import type { RunEvent } from '../../src/domain/people/events.ts';
import { until } from '../../tools/until.ts';
import { type RunningCommand, runCommand, startCommand } from '../cli/run-command.ts';
import { ASKED, imageNow } from './asked.ts';
import { type Cast, openStage, type Stage } from './stage.ts';

let stage: Stage;
let cast: Cast;
let env: NodeJS.ProcessEnv;
const ID = 'rollback/orchestrator';
/** The verification that made a version known-good. */
const CLOSED = 'verify/people-1/1';
beforeAll(async () => {
  stage = await openStage();
  env = { TEMPORAL_ADDRESS: stage.sandbox.temporal.address, TEMPORAL_CONFIG_FILE: '/none.toml', USER: 'eve' };
  const followThrough = { for: '60s', every: '200ms' };
  const approval = { required: true, quorum: 1, approvers: ['grace', 'linus'] };
  cast = await stage.cast('people', {
    taskQueue: TASK_QUEUE,
    profile: { ...ASKED, approval, followThrough },
  });
  await cast.deploy('v0.1.0');
  await cast.verify();
  await cast.deploy('v0.2.0');
});
// A run that a failed test leaves would stand in the way of the next.
afterEach(async () => {
  await stage.client.workflow
    .getHandle(ID)
    .terminate()
    .catch(() => undefined);
});
afterAll(() => stage?.close());

const runbook = (...args: string[]) => runCommand(args, env);
const rollBack = (...args: string[]) =>
  startCommand(['rollback', 'orchestrator', '--requested-by', 'ada', ...args], env);
/** Waits for a line of the command that follows the run. */
const says = (run: RunningCommand, line: RegExp) =>
  until(`the run to say ${line}`, async () => line.exec(run.said()) ?? undefined);
/** The command that a line offers, with its blanks filled in. */
const offered = (text: string, command: string) => {
  const [, found = ''] = new RegExp(`(runbook ${command} .*?)(?:  or  |\\s+#|\\n|$)`).exec(text) ?? [];
  return found.replace('<name>', 'grace').replace('<why>', 'looked-at-it').split(' ').slice(1);
};

describe('from the command line', () => {
  it('a run is paused, noted, approved as offered, and followed to its end', async () => {
    const run = rollBack('--severity', 'sev2');
    await says(run, /approval-1: waits for approval until .*: runbook approve .* {2}or {2}runbook reject /);

    const status = await runbook('status', ID);
    expect(status.stdout).toMatch(/\napproval-1: waits for approval until \S+Z, 0 of 1 so far:\n/);
    expect(status.stdout).toContain('  approvers are grace, linus\n');
    const list = await runbook('status');
    expect(list.stdout).toMatch(/RUNNING +waits for approval +rollback\/orchestrator\n/);

    const paused = await runbook('pause', ID, '--by', 'linus', '--reason', 'looking first');
    expect(paused).toMatchObject({ code: 0, stderr: '' });
    expect(paused.stdout).toBe(' • pause               linus: paused before the next step (looking first)\n');
    const note = ['note', ID, 'replication is fine', '--by', 'linus', '--json'];
    const noted: RunEvent = JSON.parse((await runbook(...note)).stdout);
    expect(noted).toMatchObject({ kind: 'note', by: 'linus', summary: 'replication is fine' });

    const own = await runbook(
      ...offered(status.stdout, 'approve').map((part) => part.replace('grace', 'ada')),
    );
    expect(own.stderr).toBe('refused: approvedBy: ada has asked for the rollback\n');
    expect(own.code).toBe(2);
    const wrong = await runbook('approve', ID, '--plan', '0'.repeat(12), '--by', 'grace');
    expect(wrong.stderr).toContain('refused: plan: that is another plan; plan ');
    expect((await runbook(...offered(status.stdout, 'approve'))).stdout).toContain(' • approval ');

    await says(run, /pause-1: paused until .*: runbook resume rollback\/orchestrator --by/);
    expect(await imageNow(cast)).toBe(imageOf('v0.2.0'));
    const resumed = await runbook('resume', ID, '--by', 'linus', '--reason', 'done');
    expect(resumed.code).toBe(0);

    const { code, stdout } = await run.ended;
    expect(code).toBe(0);
    const told = [...stdout.matchAll(/^ • (\S+)/gm)].map(([, kind]) => kind);
    expect(told).toEqual(['approval-due', 'pause', 'note', 'approval', 'resume']);
    expect(await imageNow(cast)).toContain(`${imageOf('v0.1.0')}@sha256:`);

    const audit = await runbook('audit', ID);
    expect(audit.stdout).toContain('| severity | sev2 |');
    expect(audit.stdout).toMatch(/\| linus \| note: replication is fine \| {2}\| \d+@\S+ \|/);
    expect(audit.stdout).toContain('The workflow’s own result agrees.');

    const runs = await runbook('status');
    const [, watch = ''] =
      /RUNNING +watch-service +(follow-through\/orchestrator\/\S+)\n/.exec(runs.stdout) ?? [];
    expect((await runbook('note', watch, 'seen', '--by', 'linus')).code).toBe(0);
    expect((await runbook('cancel', watch, '--by', 'linus')).code).toBe(0);
    await cast.deploy('v0.2.0');
  });

  it('a plan is refused: 3, and nothing was changed', async () => {
    const run = rollBack();
    const [line = ''] = await says(run, /approval-1: .*\n/);
    const reject = await runbook(...offered(line, 'reject'));
    expect(reject.code).toBe(0);
    const { code, stdout } = await run.ended;
    expect(stdout).toContain('failed: ApprovalRejected: grace refused the plan: looked-at-it');
    expect(code).toBe(3);
    expect(await imageNow(cast)).toBe(imageOf('v0.2.0'));
  });

  it('a decision is answered; a wrong answer says what is possible, and changes nothing', async () => {
    const glass = ['--severity', 'sev1', '--break-glass', 'nobody is awake', '--to', 'revision:77'];
    const run = rollBack(...glass);
    await says(
      run,
      /decision-1: waits for a decision on check access .*<retry\|skip\|change-target\|abort> --by/,
    );
    const who = ['--by', 'ada', '--reason', 'typo'];

    const wrong = await runbook('decide', ID, 'fall-back', ...who);
    expect(wrong.stderr).toMatch(/^refused: .*fall-back is not possible.*retry \(try again\)/);
    expect(wrong.code).toBe(2);
    const other = await runbook('decide', ID, 'retry', ...who, '--decision', 'decision-2');
    expect(other.stderr).toContain('decision-2 is not open');
    expect((await runbook('repeat-check', ID, 'chat', ...who)).code).toBe(2);
    expect((await runbook('resume', ID, ...who)).stderr).toContain('the run is not paused');

    const moved = await runbook('change-target', ID, 'revision:78', ...who);
    expect(moved.stdout).toContain('target is revision:78 now');
    await says(run, /decision-2: waits for a decision/);
    const seen = ['--symptom', '500', 'slow'];
    const evidence = await runbook('evidence', ID, '--by', 'pager', '--reason', 'rings', ...seen);
    expect(evidence.stdout).toContain('pager: 500; slow (rings)');
    const answered = await runbook('decide', ID, 'change-target', ...who, '--target', '9.9.9');
    expect(answered.stdout).toContain('ada: change-target to 9.9.9 (typo)');

    await says(run, /decision-3: waits for a decision on wait for rollout .*restore-snapshot/);
    expect(run.said()).toContain('• break-glass         ada: ');
    const restore = await runbook('decide', ID, 'restore-snapshot', ...who);
    expect(restore.code).toBe(0);
    const { code, stdout } = await run.ended;
    expect(stdout).toMatch(/\n {3}plan {2}9\.9\.9 -> 0\.2\.0 {2}what ran before the rollback\n/);
    expect(stdout).toMatch(/\nrestored: 0\.2\.0, which ran before, is restored/);
    expect(code).toBe(10);
    const audit = await runbook('audit', ID);
    expect(audit.stdout).toContain('**BREAK-GLASS**: nobody is awake (ada)');
    expect(audit.stdout).toContain('The workflow’s own result agrees.');
  });

  it('a second start joins the first, and a cancelled run says by whom', async () => {
    const run = rollBack();
    await says(run, /approval-1: /);
    const refused = await runbook('rollback', 'orchestrator', '--requested-by', 'ada');
    expect(refused.code).toBe(9);
    expect(refused.stderr).toContain('to hand over what you know: --join');
    const join = ['--join', '--detach', '--symptom', 'chat is slow', '--requested-by', 'pager'];
    const joined = await runbook('rollback', 'orchestrator', ...join);
    expect(joined).toMatchObject({ code: 0, stdout: expect.stringContaining('(joined)') });
    await says(run, /• evidence +pager: chat is slow/);

    const cancelled = await runbook('cancel', ID, '--by', 'ada', '--reason', 'false alarm');
    expect(cancelled).toMatchObject({ code: 0, stderr: '' });
    const { code, stdout } = await run.ended;
    expect(stdout).toContain('• note                ada: cancels the run: false alarm');
    expect(code).toBe(7);
    expect(await imageNow(cast)).toBe(imageOf('v0.2.0'));
  });

  it.each<[string, number, readonly string[], RegExp]>([
    ['nobody says so', 2, ['decide', ID, 'retry', '--reason', 'x'], /--by is missing: .*--by eve\n/],
    ['nobody says why', 2, ['pause', ID, '--by', 'ada'], /--reason is missing/],
    ['no plan is named', 2, ['approve', ID, '--by', 'ada'], /--plan is missing: .*runbook status/],
    ['the run has closed', 2, ['note', CLOSED, 'x', '--by', 'ada'], /there is no run .* under way/],
    [
      'there is no such run',
      2,
      ['cancel', 'rollback/never', '--by', 'ada'],
      /there is no run rollback\/never/,
    ],
  ])('when %s: %i', async (_title, code, args, message) => {
    const ended = await runbook(...args);
    expect(ended.stderr).toMatch(message);
    expect(ended.code).toBe(code);
  });

  it('without a worker an answer is not taken: 8', async () => {
    const alone = await stage.cast('nobody', { worker: false });
    const handle = await alone.start();
    const { code, stderr } = await runbook('note', handle.workflowId, 'x', '--by', 'ada');
    expect(stderr).toMatch(/nobody has answered for .*; the answer may still be taken .*update id/);
    expect(code).toBe(8);
    await stage.client.workflow.getHandle(handle.workflowId).terminate();
  });
});
