import { RunbookError } from '../domain/errors.ts';
import type { Watched, WatchInput } from '../domain/follow-through.ts';
import type { Dependencies, PreparedService } from './dependencies.ts';
import { stepActivity } from './step.ts';

/** What a later attempt of the same watch has to know. */
interface WatchProgress {
  readonly startedAt: string;
  readonly looks: number;
  readonly badInARow: number;
  readonly last: string;
}

/**
 * Runbook 7.3: keeps an eye on the service for a while after the success.
 *
 * Reads: what is live, who changed it, and the service's health, again and again.
 * Writes: nothing.
 * Result: whether it stayed as it was proved, who changed it, or what is bad about it.
 * Errors: none of its own: a look that gives no answer is no verdict, and the next one comes.
 * Safe to retry: it only reads; the time that is left is taken up from the last heartbeat.
 */
export function watchService(deps: Dependencies) {
  return stepActivity(async ({ signal, key, report, resume, pause }, service: string, input: WatchInput) => {
    const prepared = deps.service(service);
    let progress: WatchProgress = resume<WatchProgress>() ?? {
      startedAt: new Date().toISOString(),
      looks: 0,
      badInARow: 0,
      last: 'begins',
    };
    const end = Date.parse(progress.startedAt) + input.forMs;
    for (;;) {
      const left = end - Date.now();
      if (left <= 0) return told({ end: 'well', looks: progress.looks }, 'it stayed as it was proved');
      await pause(Math.min(left, input.everyMs));
      const changed = await changeSince(prepared, input, signal);
      if (changed) return told({ ...changed, looks: progress.looks + 1 }, changed.summary);
      const look = await lookAtHealth(prepared, `${key}@${progress.startedAt}`, progress.looks + 1, signal);
      const badInARow = look.bad ? progress.badInARow + 1 : 0;
      progress = { ...progress, looks: progress.looks + 1, badInARow, last: look.saw };
      report(progress);
      if (badInARow >= input.failures) {
        return told({ end: 'unwell', looks: progress.looks, summary: look.saw }, look.saw);
      }
    }
  });
}

function told(value: Watched, summary: string) {
  return { value, summary: `${value.looks} looks: ${summary}` };
}

/** What is live by now, when it is not what was proved; nothing as well when that cannot be told at the moment. */
async function changeSince(
  { target }: PreparedService,
  { uid, fingerprint }: WatchInput,
  signal: AbortSignal,
): Promise<Omit<Extract<Watched, { end: 'changed' }>, 'looks'> | undefined> {
  try {
    const live = await target.current({ signal });
    if (live.uid === uid && live.fingerprint === fingerprint) return undefined;
    const { who, ours } = await target.lastChangedBy({ signal });
    return {
      end: 'changed',
      ours,
      version: live.version,
      summary: `${live.version} was put there by ${who}`,
    };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof RunbookError && error.type === 'WorkloadMissing') {
      return { end: 'changed', ours: false, version: 'nothing', summary: error.message };
    }
    if (error instanceof RunbookError && error.retryable) return undefined;
    throw error;
  }
}

async function lookAtHealth(
  { checks, target }: PreparedService,
  key: string,
  number: number,
  signal: AbortSignal,
): Promise<{ readonly bad: boolean; readonly saw: string }> {
  const health = checks.health;
  if (!health) return { bad: false, saw: 'no health check is configured' };
  const timed = AbortSignal.any([signal, AbortSignal.timeout(health.policy.timeoutMs)]);
  try {
    const check = health.create();
    const instances = check.needsInstances ? await target.instances({ signal: timed }) : [];
    const { verdict, saw } = await check.look({
      signal: timed,
      number,
      key,
      messages: 0,
      resumed: false,
      instances,
    });
    return { bad: verdict !== 'passed', saw };
  } catch (error) {
    signal.throwIfAborted();
    if (timed.aborted) return { bad: true, saw: `no answer within ${health.policy.timeoutMs} ms` };
    throw error;
  }
}
