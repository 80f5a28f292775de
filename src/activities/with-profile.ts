import { ApplicationFailure } from '@temporalio/common';
import type { StepResult } from '../domain/ledger/ledger.ts';
import type { Dependencies } from './dependencies.ts';

type Activity = (...args: never[]) => Promise<StepResult<unknown>>;

/**
 * The same activity, which says with each end which profile it has worked with: a worker may have been restarted with
 * another runbook.yaml in the middle of a run.
 * @param serviceOf the service that the arguments name; undefined: none.
 */
export function withProfile<A extends Activity>(
  { config }: Pick<Dependencies, 'config'>,
  activity: A,
  serviceOf: (args: readonly unknown[]) => unknown,
): A {
  const marked = async (...args: Parameters<A>) => {
    const service = String(serviceOf(args));
    const profile = Object.hasOwn(config.services, service) ? config.services[service]?.hash : undefined;
    if (profile === undefined) return activity(...args);
    try {
      return { ...(await activity(...args)), profile };
    } catch (error) {
      throw error instanceof ApplicationFailure ? failedWith(error, profile) : error;
    }
  };
  // It gives what the activity gives, and one field more.
  return marked as unknown as A;
}

function failedWith(error: ApplicationFailure, profile: string): ApplicationFailure {
  const { type, message, nonRetryable, nextRetryDelay, cause } = error;
  const [first] = error.details ?? [];
  return ApplicationFailure.create({
    message,
    nonRetryable: nonRetryable ?? false,
    details: [{ ...(typeof first === 'object' ? first : {}), profile }],
    ...(type ? { type } : {}),
    ...(nextRetryDelay === undefined || nextRetryDelay === null ? {} : { nextRetryDelay }),
    ...(cause ? { cause } : {}),
  });
}
