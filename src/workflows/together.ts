import { Redirection } from './redirection.ts';

/**
 * Waits for steps that run at the same time. Unlike `Promise.all` it leaves none behind: when one fails the others
 * still end and stand in the ledger, then the first failure (in the order given) is thrown; a failure that ends the run
 * goes before one that only leads it elsewhere.
 */
export async function together<T extends readonly (Promise<unknown> | undefined)[]>(
  ...steps: T
): Promise<{ [K in keyof T]: Awaited<T[K]> }> {
  const settled = await Promise.allSettled(steps);
  const failed = settled.filter((result) => result.status === 'rejected');
  const worst = failed.find(({ reason }) => !(reason instanceof Redirection)) ?? failed[0];
  if (worst) throw worst.reason;
  return settled.map((result) => (result as PromiseFulfilledResult<unknown>).value) as {
    [K in keyof T]: Awaited<T[K]>;
  };
}
