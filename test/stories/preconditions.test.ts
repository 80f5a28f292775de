import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { composeHostProblem } from '../../sandbox/compose/index.ts';
import { imageOf } from '../../sandbox/manifests.ts';
import { ASKED, send, waits } from './asked.ts';
import { openStage, recordOf, type Stage } from './stage.ts';
import { type ComposeStage, openComposeStage } from './stage-compose.ts';

const by = { decidedBy: 'anna', reason: 'the migration was undone' };

describe('a rollback on Kubernetes', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
  });
  afterAll(() => stage?.close());

  it('waits for a schema gate that says no, and goes on when it says yes: nothing is written before', async () => {
    const program = join(stage.sandbox.folder, 'may-go.mjs');
    const says = (line: string, code: number) =>
      writeFile(
        program,
        `console.log(${JSON.stringify(line)} + process.argv.slice(2)); process.exit(${code});`,
      );
    await says('schema 7 is newer than ', 1);
    const command = { run: [process.execPath, program, '{{to}}'] };
    const cast = await stage.cast('asked-first', { profile: { ...ASKED, preconditions: { command } } });
    await cast.deploy('v0.1.0');
    expect((await cast.verify()).outcome).toBe('known-good');
    await cast.deploy('v0.2.0');
    const before = await cast.workload();

    const handle = await cast.start();
    const open = await waits(handle, 'decision', 'check-preconditions');
    expect(open).toMatchObject({
      error: {
        type: 'PreconditionFailed',
        message: expect.stringContaining('schema 7 is newer than 0.1.0'),
      },
      answers: ['retry', 'change-target', 'abort'],
    });
    expect((await cast.workload()).metadata.generation).toBe(before.metadata.generation);
    await says('may go ahead with ', 0);
    await send(handle, 'decide', { answer: 'retry', ...by });
    const report = await cast.end(handle);
    expect(report.outcome).toBe('rolled-back');
    const held = report.plan?.preconditions?.filter(({ follows }) => follows === undefined);
    expect(held?.map(({ id }) => id)).toContain('command');
    // Nobody answers for the registry of the sandbox: that is told, and taken for no pass.
    const image = report.plan?.preconditions?.find(({ id }) => id === 'image');
    expect(image).toMatchObject({ state: 'unknown', follows: 'warn' });
    expect(report.plan?.warnings.join()).toContain('image: not known');
    const { markdown } = await recordOf(report);
    expect(markdown).toContain('What has to hold before the change:');
    expect((await cast.workload()).spec.template.spec.containers[0].image).toContain(imageOf('v0.1.0'));
  });
});

const problem = await composeHostProblem();

describe.skipIf(problem)(`a rollback on Docker Compose${problem ? ` (${problem})` : ''}`, () => {
  let stage: ComposeStage;
  beforeAll(async () => {
    stage = await openComposeStage();
    const { publish } = stage.sandbox.composeHost.images;
    await publish('v0.1.0');
    await publish('v0.2.0');
  });
  afterAll(() => stage?.close());

  it('finds the image in its registry and tells what else it has looked at, in its dry run as well', async () => {
    const cast = await stage.cast('looked-at', { profile: { ...ASKED, preconditions: {} } });
    await cast.deploy('v0.1.0');
    await cast.deploy('v0.2.0');
    const planned = await cast.rollback({ target: '0.1.0', dryRun: true });
    const { preconditions = [] } = planned.plan ?? {};
    expect(preconditions.find(({ id }) => id === 'image')).toMatchObject({ state: 'met' });
    expect(preconditions.find(({ id }) => id === 'platform')).toMatchObject({ state: 'met' });
    const report = await cast.rollback({ target: '0.1.0', reason: 'chat fails' });
    expect(report.outcome).toBe('rolled-back');
    expect(report.plan?.preconditions).toEqual(preconditions);
  });
});
