import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { composeHostProblem, type PublishedImage } from '../../sandbox/compose/index.ts';
import { COMPOSE_FILE, SERVICE } from '../../sandbox/demo/compose-project.ts';
import { until } from '../../tools/until.ts';
import { type ComposeCast, type ComposeStage, openComposeStage } from './stage-compose.ts';
import { startWorkerProgram } from './stage-worker.ts';

const problem = await composeHostProblem();

describe.skipIf(problem)(`a rollback of a Compose service${problem ? ` (${problem})` : ''}`, () => {
  let stage: ComposeStage;
  let good: PublishedImage;
  beforeAll(async () => {
    stage = await openComposeStage();
    const { publish } = stage.sandbox.composeHost.images;
    good = await publish('v0.1.0');
    await publish('v0.2.0');
  });
  afterAll(() => stage?.close());

  const startProgram = (cast: ComposeCast) =>
    startWorkerProgram(stage.sandbox, cast, stage.sandbox.composeHost.environment);

  /** The bad release runs, and a worker of its own is up. */
  async function badRelease(name: string, options: { readonly stableFor?: string; readonly worker?: false }) {
    const cast = await stage.cast(name, options);
    const worker = options.worker === false ? await startProgram(cast) : undefined;
    await cast.deploy('v0.1.0');
    await cast.deploy('v0.2.0', { timeout: 5 });
    return { cast, worker, mark: stage.sandbox.composeHost.mark() };
  }

  async function expectOneGoodContainer(cast: ComposeCast, mark: string): Promise<void> {
    expect(await cast.created(mark)).toMatchObject([{ service: SERVICE, image: good.reference }]);
    expect(await cast.container()).toMatchObject({ imageId: good.imageId, running: true });
  }

  it('whose worker is killed with -9 as soon as the file is replaced is gone on with, and makes one container', async () => {
    const { cast, worker, mark } = await badRelease('killed-changing', { worker: false });
    const handle = await cast.start({ target: '0.1.0' });
    const isReplaced = async () => (await cast.read(COMPOSE_FILE)).includes(`${good.reference} `);
    await until('the file to be replaced', isReplaced, { everyMs: 2 });
    worker?.signal('SIGKILL');
    await startProgram(cast);
    const report = await cast.end(handle);

    expect(report.outcome).toBe('rolled-back');
    const change = report.ledger.find(({ step }) => step === 'roll-back');
    expect(change).toMatchObject({ changed: true });
    expect(change?.attempts).toBeGreaterThanOrEqual(2);
    await expectOneGoodContainer(cast, mark);
  });
});
