import type { TargetWish } from '../../../src/domain/versions/targets.ts';
import type { TargetContext } from '../../../src/targets/target.ts';

export const PREVIOUS: TargetWish = { kind: 'previous' };
/** A context that is never cancelled. */
export const context: TargetContext = { signal: new AbortController().signal };

/** The promise's error, or a failure when there is none. */
export async function errorOf(promise: Promise<unknown>): Promise<Error & { type?: string }> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: Error) => ({ error }),
  );
  if ('error' in outcome) return outcome.error;
  throw new Error(`expected an error, got ${JSON.stringify(outcome.value)}`);
}
