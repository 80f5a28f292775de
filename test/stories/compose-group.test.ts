import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { composeHostProblem } from '../../sandbox/compose/index.ts';
import { UNATTENDED } from '../../sandbox/demo/config.ts';
import { startRollbackGroup } from '../../src/client/index.ts';
import { SOON } from './asked.ts';
import { type ComposeStage, openComposeStage } from './stage-compose.ts';
import { groupConfig } from './stage-group.ts';
import { workerFor } from './stage-runs.ts';

const problem = await composeHostProblem();

describe.skipIf(problem)(
  `a group of two services of different Compose projects${problem ? ` (${problem})` : ''}`,
  () => {
    let stage: ComposeStage;
    beforeAll(async () => {
      stage = await openComposeStage();
    });
    afterAll(() => stage?.close());

    it('is restored as a whole when the second is not proved, and goes back in one run when both are', async () => {
      const { composeHost: host } = stage.sandbox;
      const options = { worker: false, profile: UNATTENDED, checks: SOON };
      const [agents, orchestrator] = await Promise.all([
        stage.cast('group-agents', options),
        stage.cast('group-orchestrator', options),
      ]);
      const tags = ['v0.1.0', 'v0.1.4-chat-output-null', 'v0.2.0'];
      const images = new Map<string, string>();
      for (const tag of tags) images.set((await host.images.publish(tag)).imageId, tag);
      const deployed = async (cast: typeof agents, versions: readonly string[]) => {
        for (const version of versions) await cast.deploy(version);
      };
      await Promise.all([deployed(agents, ['v0.1.0', 'v0.2.0']), deployed(orchestrator, tags)]);
      const running = async () =>
        Promise.all([agents, orchestrator].map(async (cast) => images.get((await cast.container()).imageId)));

      const configFile = await groupConfig({ agents, orchestrator });
      const taskQueue = 'queue-compose-group';
      const worker = await workerFor(stage.native, configFile, taskQueue, host.environment);
      try {
        const run = async (targets: Record<string, string>) => {
          const workflowId = 'rollback-group/compose-platform';
          return agents.end(await startRollbackGroup(stage.client, { targets }, { taskQueue, workflowId }));
        };
        const sick = await run({ agents: '0.1.0', orchestrator: '0.1.4-chat-output-null' });
        expect(sick).toMatchObject({ outcome: 'restored', error: { type: 'VerificationFailed' } });
        expect(await running()).toEqual(['v0.2.0', 'v0.2.0']);
        const well = await run({ agents: '0.1.0', orchestrator: '0.1.0' });
        expect(well.outcome).toBe('rolled-back');
        expect(await running()).toEqual(['v0.1.0', 'v0.1.0']);
      } finally {
        await worker.stop();
      }
    });
  },
);
