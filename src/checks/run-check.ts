import { setTimeout as pause } from 'node:timers/promises';
import type { CheckResult } from '../domain/checks.ts';
import { RunbookError } from '../domain/errors.ts';
import type { CheckEvidence } from '../domain/known-good.ts';
import type { Instance } from '../domain/pins.ts';
import type { CheckPolicy } from '../domain/profile.ts';
import type { Check, CheckProgress, Look, LookContext } from './check.ts';
import { CheckRecord } from './check-record.ts';
import { InstanceReader } from './instance-reader.ts';
import { unclear } from './looks.ts';

/** What a running check is given. */
export interface RunCheckOptions {
  readonly signal: AbortSignal;
  /** The step that checks; nonces and correlation ids derive from it. */
  readonly key: string;
  readonly baseline?: CheckEvidence;
  /** Asked only by checks that need it: before the first look, and again after a look that proved nothing. */
  readonly instances: () => Promise<readonly Instance[]>;
  /** Called when a look begins and when it ends. */
  readonly report: (progress: CheckProgress) => void;
  /** What an earlier attempt of the same check reported last. */
  readonly resume?: CheckProgress;
  /** The present, in milliseconds since 1970. */
  readonly now?: () => number;
}

/** A look that ignores its signal is left alone after this long beyond its time-out, in milliseconds. */
const GRACE_MS = 200;

/** Pause after a look that was not good where the policy asks for none, in milliseconds: first, and at most. */
const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [50, 1000];

/**
 * Repeats a check until it has enough good looks in a row or its budget is spent. The first look comes at once.
 *
 * The budget counts from the first attempt's start. A restarted check counts good looks anew, because what it
 * remembered of them is gone, and may finish a row of good looks beyond the budget, so that the time a worker was
 * down decides nothing.
 *
 * Rejects with the signal's reason when it aborts, and with the `RunbookError` that a look threw.
 */
export async function runCheck(
  check: Check,
  policy: CheckPolicy,
  options: RunCheckOptions,
): Promise<CheckResult> {
  const { signal, report, resume, now = Date.now } = options;
  const record = new CheckRecord(check.id, policy.needed, now, resume);
  const end = record.startedAtMs + policy.withinMs;
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
      ...(options.baseline ? { baseline: options.baseline } : {}),
    };
    const timeoutMs = begun < end ? Math.min(policy.timeoutMs, end - begun) : policy.timeoutMs;
    const look = await lookOnce(check, context, instances, timeoutMs, signal);
    signal.throwIfAborted();
    record.add(look, begun);
    report(record.progress());
    if (record.isProved() || look.final) return record.result();

    notGood = look.verdict === 'passed' ? 0 : notGood + 1;
    const next = look.retryAfterMs === undefined ? begun : now();
    const wait = next + pauseAfter(look, policy, notGood) - now();
    const mayFinishRow = resume !== undefined && look.verdict === 'passed';
    if (now() + Math.max(wait, 0) >= end && !mayFinishRow) return record.result();
    if (wait > 0) await pause(wait, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/** How long after the begin of a look (after its end, when the service asked to wait) the next one begins. */
function pauseAfter(look: Look, policy: CheckPolicy, notGoodInARow: number): number {
  if (look.verdict === 'passed') return policy.everyMs;
  const backoff = Math.min(FIRST_PAUSE_MS * 2 ** (notGoodInARow - 1), LONGEST_PAUSE_MS);
  return Math.max(policy.everyMs, backoff, look.retryAfterMs ?? 0);
}

async function lookOnce(
  check: Check,
  context: Omit<LookContext, 'signal' | 'instances'>,
  instances: InstanceReader,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Look> {
  const ended = new AbortController();
  const timeout = AbortSignal.timeout(timeoutMs);
  const looking = (async () => {
    const known = await instances.read();
    return check.look({ ...context, instances: known, signal: AbortSignal.any([signal, timeout]) });
  })();
  const givenUp = pause(timeoutMs + GRACE_MS, undefined, { signal: AbortSignal.any([signal, ended.signal]) });
  try {
    const look = await Promise.race([looking, givenUp]);
    const found = look ?? unclear(`the look did not end within ${timeoutMs} ms`);
    if (found.verdict === 'inconclusive') instances.doubt();
    return found;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof RunbookError) throw error;
    if (timeout.aborted) return unclear(`no result within ${timeoutMs} ms`);
    return unclear(
      `the measurement itself failed: ${error instanceof Error ? error.message : 'unknown error'}`,
    );
  } finally {
    ended.abort();
    looking.catch(() => undefined);
    givenUp.catch(() => undefined);
  }
}
