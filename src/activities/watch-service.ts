import { RunbookError } from '../domain/errors.ts';
import type { Watched, WatchInput } from '../domain/ledger/follow-through.ts';
import { readProgress } from '../domain/proof/recorded-checks.ts';
import type { Dependencies, PreparedService } from './dependencies.ts';
import { stepActivity } from './step.ts';

/** What a later attempt of the same watch has to know. */
interface WatchProgress {
  readonly startedAt: string;
  readonly probes: number;
  readonly badInARow: number;
  readonly last: string;
}

/**
 * Runbook 7.3: keeps an eye on the service for a while after the success.
 *
 * Reads: what is live, who changed it, and the service's health, again and again.
 * Writes: nothing.
 * Result: whether it stayed as it was proved, who changed it, or what is bad about it.
 * Errors: `ClusterChanged`; else none of its own: a probe that gives no answer is no verdict, and the next one comes.
 * Safe to retry: it only reads; the time that is left is taken up from the last heartbeat.
 */
export function watchService(deps: Dependencies) {
  return stepActivity(async ({ signal, key, report, resume, pause }, service: string, input: WatchInput) => {
    const prepared = deps.service(service);
    const earlier = resume<WatchProgress>();
    let progress: WatchProgress = earlier
      ? readProgress(earlier)
      : { startedAt: new Date().toISOString(), probes: 0, badInARow: 0, last: 'begins' };
    const end = Date.parse(progress.startedAt) + input.forMs;
    for (;;) {
      const left = end - Date.now();
      if (left <= 0) return told({ end: 'well', probes: progress.probes }, 'it stayed as it was proved');
      await pause(Math.min(left, input.everyMs));
      const changed = await changeSince(prepared, input, signal);
      if (changed) return told({ ...changed, probes: progress.probes + 1 }, changed.summary);
      const probes = progress.probes + 1;
      const { bad, observed } = await probeHealth(prepared, `${key}@${progress.startedAt}`, probes, signal);
      const badInARow = bad ? progress.badInARow + 1 : 0;
      progress = { ...progress, probes, badInARow, last: observed };
      report(progress);
      if (badInARow >= input.failures) {
        return told({ end: 'unwell', probes, summary: observed }, observed);
      }
    }
  });
}

function told(value: Watched, summary: string) {
  return { value, summary: `${value.probes} probes: ${summary}` };
}

/** What is live by now, when it is not what was proved; nothing as well when that cannot be told at the moment. */
async function changeSince(
  { target }: PreparedService,
  { uid, fingerprint, cluster }: WatchInput,
  signal: AbortSignal,
): Promise<Omit<Extract<Watched, { end: 'changed' }>, 'probes'> | undefined> {
  try {
    const live = await target.current({ signal, cluster });
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

async function probeHealth(
  { checks, target }: PreparedService,
  key: string,
  number: number,
  signal: AbortSignal,
): Promise<{ readonly bad: boolean; readonly observed: string }> {
  const health = checks.health;
  if (!health) return { bad: false, observed: 'no health check is configured' };
  const timed = AbortSignal.any([signal, AbortSignal.timeout(health.policy.timeoutMs)]);
  try {
    const check = health.create();
    const instances = check.needsInstances ? await target.instances({ signal: timed }) : [];
    const { verdict, observed } = await check.probe({
      signal: timed,
      number,
      key,
      messages: 0,
      resumed: false,
      instances,
    });
    return { bad: verdict !== 'passed', observed };
  } catch (error) {
    signal.throwIfAborted();
    if (timed.aborted) return { bad: true, observed: `no answer within ${health.policy.timeoutMs} ms` };
    throw error;
  }
}
