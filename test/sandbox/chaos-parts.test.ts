import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { processesOf } from '../../sandbox/demo/chaos/processes.ts';
import { schedule } from '../../sandbox/demo/chaos/schedule.ts';
import { type Round, verdictOf } from '../../sandbox/demo/chaos/verdict.ts';
import { victimsIn } from '../../sandbox/demo/chaos/victims.ts';
import { keep, openProcesses } from '../../tools/processes/index.ts';

const named = (...names: string[]) => names.map((name) => ({ name }));

describe('what is killed', () => {
  it('is every process of the folder and its descendants, without the supervisor', async () => {
    const processes = await openProcesses();
    onTestFinished(() => processes.close());
    // It ends with its parent, whose end of the pipe is closed then.
    const script = `require('node:child_process').spawn(process.execPath, ['-e', 'process.stdin.resume()'])`;
    const parent = await keep(() =>
      processes.start('parent', process.execPath, ['-e', script, processes.folder]),
    );
    const orphanless = async () => (await processesOf(processes.folder)).map(({ pid }) => pid);
    await expect.poll(orphanless, { timeout: 60_000 }).toHaveLength(2);
    expect(await orphanless()).toContain(parent.pid());
  });

  it('is never less than what runs: a process that nobody brings back is an error', async () => {
    const processes = await openProcesses();
    onTestFinished(() => processes.close());
    const begin = (name: string) => () => processes.start(name, 'sleep', ['600']);
    const kept = await keep(begin('kept'));
    const forgotten = await processes.start('forgotten', 'sleep', ['601']);
    await expect(victimsIn(processes.folder, [kept], async () => undefined)).rejects.toThrow(
      `nobody would bring back process ${forgotten.pid} (sleep 601)`,
    );
    const other = await keep(begin('other'));
    forgotten.signal('SIGKILL');
    await forgotten.exited;
    const victims = await victimsIn(processes.folder, [kept, other], async () => undefined);
    expect(victims.map(({ name }) => name)).toEqual(['kept', 'other']);
  });
});

describe('a kept process', () => {
  it('that is killed comes back on the same command line, once', async () => {
    const processes = await openProcesses();
    onTestFinished(() => processes.close());
    const log = join(processes.folder, 'log');
    let asked = 0;
    const kept = await keep(
      () => processes.start('kept', 'sleep', ['600'], { log }),
      async () => {
        asked += 1;
      },
    );
    const first = kept.pid();
    await kept.kill();
    expect((await kept.current().exited).signal).toBe('SIGKILL');
    await kept.start();
    const second = kept.pid();
    await kept.start();
    expect(kept.pid()).toBe(second);
    expect(second).not.toBe(first);
    expect(asked).toBe(1);
  });
});

describe('the order of the kills', () => {
  it('kills everybody once, one a step and rollback, the wanted ones in their step', () => {
    const steps = ['wait-for-rollout', 'verify-health'] as const;
    const victims = named('a', 'b', 'c', 'd', 'e');
    const rounds = schedule(victims, steps, { d: 'wait-for-rollout', e: 'wait-for-rollout' });
    expect(rounds.map((round) => round.map(({ victim, step }) => `${victim.name} ${step}`))).toEqual([
      ['d wait-for-rollout', 'a verify-health'],
      ['e wait-for-rollout', 'b verify-health'],
      ['c wait-for-rollout'],
    ]);
  });
});

it('a step that is named twice is killed in twice, after the others are taken', () => {
  const steps = ['wait-for-rollout', 'verify-health', 'wait-for-rollout'] as const;
  const rounds = schedule(named('a', 'b', 'c', 'd'), steps, { b: 'verify-health' });
  expect(rounds.map((round) => round.map(({ victim, step }) => `${victim.name} ${step}`))).toEqual([
    ['a wait-for-rollout', 'c wait-for-rollout', 'b verify-health'],
    ['d wait-for-rollout'],
  ]);
});

describe('the verdict', () => {
  const killed = named('etcd', 'worker').map(({ name }) => ({ name, pid: 1, step: 'plan' as const }));
  const good: Round = {
    report: { outcome: 'rolled-back' },
    killed,
    changes: 1,
    counted: 'writes',
    messages: 1,
  };
  const names = ['etcd', 'worker'];

  it('is good when everything was killed and nothing was lost or done twice', () => {
    expect(verdictOf(names, [good])).toEqual({
      well: true,
      lines: [
        '✓ killed with -9 in the middle of a run: 2 processes, 2 of 2 kinds',
        '✓ outcome of each rollback: rolled-back',
        '✓ writes, in each rollback: 1',
        '✓ messages that the channel got, in each rollback: 1',
      ],
    });
  });

  it.each<[string, Partial<Round>, string]>([
    ['something was not killed', { killed: killed.slice(1) }, '✗ not killed: etcd'],
    [
      'a rollback failed',
      { report: { outcome: 'failed' } },
      '✗ outcome of each rollback: rolled-back, failed',
    ],
    ['the service was changed twice', { changes: 2 }, '✗ writes, in each rollback: 1, 2'],
    ['nothing was changed', { changes: 0 }, '✗ writes, in each rollback: 1, 0'],
    ['a message came twice', { messages: 2 }, '✗ messages that the channel got, in each rollback: 1, 2'],
    ['a message was lost', { messages: 0 }, '✗ messages that the channel got, in each rollback: 1, 0'],
  ])('is bad when %s', (_, change, line) => {
    const first = change.killed ? [] : [good];
    const { lines, well } = verdictOf(names, [...first, { ...good, ...change }]);
    expect(well).toBe(false);
    expect(lines).toContain(line);
  });

  it('is bad when nothing was rolled back', () => {
    expect(verdictOf([], []).well).toBe(false);
  });
});
