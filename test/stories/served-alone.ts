import type { Client } from '@temporalio/client';
import { TASK_QUEUE } from '../../src/client/index.ts';
import { servedService } from '../../src/client/served-service.ts';
import { until } from '../../tools/until.ts';

/** How long a test may wait for that, in ms. */
export const SERVED_WITHIN_MS = 110_000;

/** Waits until no worker of another test is listed on the common task queue: they are for a while after they have gone. */
export async function servedAlone(client: Client): Promise<void> {
  const served = async () => (await servedService(client, TASK_QUEUE)) === 'orchestrator';
  await until('no other worker to be listed', served, { withinMs: SERVED_WITHIN_MS, everyMs: 500 });
}
