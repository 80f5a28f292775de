import { setTimeout as pause } from 'node:timers/promises';
import { RunbookError } from '../../domain/errors.ts';
import type { CheckResult, OwnPlans } from '../../domain/proof/checks.ts';
import type { CheckEvidence } from '../../domain/proof/known-good.ts';
import type { Instance } from '../../domain/versions/pins.ts';
import type { Check, ProbeContext, ProbeResult } from '../check.ts';
import type { CheckPolicy } from '../check-policy.ts';
import { unclear } from '../probe-results.ts';
import type { CheckProgress } from './check-progress.ts';
import { CheckRecord } from './check-record.ts';
import { InstanceReader } from './instance-reader.ts';

/** What a running check is given. */
export interface RunCheckOptions {
  readonly signal: AbortSignal;
  /** The step that checks; nonces and correlation ids derive from it. */
  readonly key: string;
  readonly baseline?: CheckEvidence;
  /** What our own smoke messages account for in the metrics. */
  readonly ownPlans?: OwnPlans;
  /** Somebody has said that it may differ from the baseline. */
  readonly differenceAccepted?: boolean;
  /** However it goes, the check ends this long after it began, in milliseconds. */
  readonly longestMs?: number;
  /** Asked only by checks that need it: before the first probe, and again after a probe that proved nothing. */
  readonly instances: () => Promise<readonly Instance[]>;
  /** Called when a probe begins and when it ends. */
  readonly report: (progress: CheckProgress) => void;
  /** What an earlier attempt of the same check reported last. */
  readonly resume?: CheckProgress;
  /** The present, in milliseconds since 1970. */
  readonly now?: () => number;
}

/** A probe that ignores its signal is left alone after this long beyond its time-out, in milliseconds. */
const GRACE_MS = 200;

/** Pause after a probe that was not good where the policy asks for none, in milliseconds: first, and at most. */
const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [50, 1000];

/**
 * Repeats a check until it has enough good probes in a row or its budget is spent. The first probe comes at once.
 *
 * The budget counts from the first attempt's start, without the time that a worker was down. A restarted check that had
 * enough good probes is done; else it
 * counts them anew, because what it remembered of them is gone, and may finish a row of good probes beyond the
 * budget, so that the time a worker was down decides nothing. That takes once more the budget at most.
 *
 * Rejects with the signal's reason when it aborts.
 */
export async function runCheck(
  check: Check,
  policy: CheckPolicy,
  options: RunCheckOptions,
): Promise<CheckResult> {
  const { signal, report, resume, now = Date.now } = options;
  const record = new CheckRecord(check, policy.needed, now, resume);
  const latest = record.startedAtMs + (options.longestMs ?? Infinity);
  const end = Math.min(record.startedAtMs + record.downMs + policy.withinMs, latest);
  const rowEnd = Math.min(Math.max(end, now()) + policy.withinMs, latest);
  if (record.isProved() || now() >= latest) return record.result();
  const instances = new InstanceReader(check.needsInstances ? options.instances : async () => [], now);
  let notGood = 0;
  for (;;) {
    signal.throwIfAborted();
    const begun = now();
    const number = record.begin();
    report(record.progress());
    const context = {
      number,
      key: `${options.key}@${record.startedAt}`,
      messages: record.messages,
      resumed: resume !== undefined,
      ...(options.baseline ? { baseline: options.baseline } : {}),
      ...(options.ownPlans ? { ownPlans: options.ownPlans } : {}),
      ...(options.differenceAccepted ? { differenceAccepted: true } : {}),
    };
    const timeoutMs = Math.max(1, Math.min(policy.timeoutMs, (begun < end ? end : rowEnd) - begun));
    const result = await probeOnce(check, context, instances, timeoutMs, signal);
    signal.throwIfAborted();
    record.add(result, begun);
    report(record.progress());
    if (record.isProved() || record.isIdle() || result.final) return record.result();

    notGood = isWell(result) ? 0 : notGood + 1;
    const wait = pauseAfter(result, policy, notGood, now() - begun);
    const mayFinishRow = resume !== undefined && result.verdict === 'passed';
    if (now() + wait >= (mayFinishRow ? rowEnd : end)) return record.result();
    if (wait > 0) await pause(wait, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/** How long to wait after a probe that took `tookMs`. What the service asked for counts from its answer. */
function pauseAfter(result: ProbeResult, policy: CheckPolicy, notGoodInARow: number, tookMs: number): number {
  const backoff = isWell(result) ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (notGoodInARow - 1), LONGEST_PAUSE_MS);
  const fromBegin = Math.max(policy.everyMs, backoff, result.restMs ?? 0);
  return Math.max(0, fromBegin - tookMs, result.retryAfterMs ?? 0);
}

/** The next probe comes at its usual pace. */
function isWell({ verdict }: ProbeResult): boolean {
  return verdict === 'passed' || verdict === 'not-applicable';
}

async function probeOnce(
  check: Check,
  context: Omit<ProbeContext, 'signal' | 'instances'>,
  instances: InstanceReader,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const ended = new AbortController();
  const timeout = AbortSignal.timeout(timeoutMs);
  const probing = (async () => {
    const known = await instances.read();
    return check.probe({ ...context, instances: known, signal: AbortSignal.any([signal, timeout]) });
  })();
  const givenUp = pause(timeoutMs + GRACE_MS, undefined, { signal: AbortSignal.any([signal, ended.signal]) });
  try {
    const result = await Promise.race([probing, givenUp]);
    const found = result ?? unclear(`the probe did not end within ${timeoutMs} ms`);
    if (found.verdict === 'inconclusive') instances.doubt();
    return found;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof RunbookError) return missed(error);
    if (timeout.aborted) return unclear(`no result within ${timeoutMs} ms`);
    return unclear(
      `the measurement itself failed: ${error instanceof Error ? error.message : 'unknown error'}`,
    );
  } finally {
    ended.abort();
    probing.catch(() => undefined);
    givenUp.catch(() => undefined);
  }
}

/** The result of a probe that an expected error prevented: a missing secret or a silent cluster says nothing of the service. */
function missed({ message, retryable, retryAfterMs }: RunbookError): ProbeResult {
  return unclear(message, {
    ...(retryable ? {} : { final: true }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}
