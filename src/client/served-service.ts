import type { Client } from '@temporalio/client';
import { describeQueue } from './task-queue.ts';

/** How a worker is called on the server, and in histories: it says what it serves. */
export function workerIdentity(worker: string, services: readonly string[]): string {
  return `${worker} serves ${services.length === 1 ? services[0] : `${services.length} services`}`;
}

/**
 * The one service that the workers of a task queue have, as their identities say: what a request without a service means,
 * so that its run has the same workflow id as one that names it.
 * @returns undefined where they have several, or do not say.
 */
export async function servedService(client: Client, taskQueue: string): Promise<string | undefined> {
  const { pollers } = await describeQueue(client, taskQueue);
  const said = pollers.flatMap(({ identity }) => / serves (.+)$/.exec(identity ?? '')?.[1] ?? []);
  const [only, ...others] = new Set(said);
  const isName = only !== undefined && /^[a-z0-9-]+$/.test(only);
  return isName && others.length === 0 ? only : undefined;
}
