import { RunbookError } from '../domain/errors.ts';
import { assessNeed as assess } from '../domain/need/assess-need.ts';
import { judgeSignal } from '../domain/need/judge-signal.ts';
import type { LiveSince } from '../domain/need/signals.ts';
import type { NeedSubject } from '../domain/need/subject.ts';
import type { NamedCluster } from '../domain/versions/cluster.ts';
import type { ServiceSignals } from '../signals/service-signals.ts';
import type { Dependencies } from './dependencies.ts';
import { stepActivity } from './step.ts';

/**
 * Runbook 1: is it the release? Each signal now, against its time before the current version became live, and against what was
 * recorded when a version was proved last. The decision itself is `assessNeed` of `domain/need`, a pure function.
 *
 * Reads: since when the current version is live, its instances, and what the profile's signals are about: Prometheus, the metrics,
 * chats and agents of the service, git.
 * Writes: nothing; where chats are measured, the messages that the profile allows, and none in a dry run.
 * Result: the verdict, a sentence, and each signal with its numbers; no series, no address.
 * Errors: `ClusterChanged`, `WorkloadMissing`, `AccessDenied`; `Unreachable` is tried again. A signal that cannot be read is none: it
 * is not known.
 * Safe to retry: it only reads.
 */
export function assessNeed(deps: Dependencies) {
  return stepActivity(async ({ signal }, service: string, subject: NeedSubject, cluster?: NamedCluster) => {
    const { target } = deps.service(service);
    const signals = signalsOf(deps, service);
    const context = { signal, cluster };
    const [live, instances] = await Promise.all([target.liveSince(context), target.instances(context)]);
    const to = Date.now();
    const from = firstMoment(signals, to, live);
    const { version, known, dryRun = false } = subject;
    const read = await signals.read({ from, to, instances, signal, sendsChats: !dryRun });
    const recorded = signals.recorded(subject.baseline);
    const at = Date.now();
    const value = assess({
      signals: read.map((one) => {
        const before = recorded[one.definition.id];
        return judgeSignal(one, {
          at,
          version,
          clockMs: signals.clockMs,
          ...(live ? { live } : {}),
          ...(before === undefined ? {} : { recorded: before }),
        });
      }),
      version,
      at: new Date(at).toISOString(),
      ...(live ? { live } : {}),
      isServed: instances.length > 0,
      ...(known === undefined ? {} : { known: known.says, knownAt: known.at }),
    });
    return { value, summary: `${value.verdict}: ${value.sentence}` };
  });
}

/** What is measured, where the profile still asks for it. */
export function signalsOf(deps: Dependencies, service: string): ServiceSignals {
  const { signals } = deps.service(service);
  if (signals) return signals;
  throw new RunbookError('InvalidConfig', `signals are not configured for ${service} any more`);
}

/** From when on values are wanted: as long before the version became live as the profile says. */
function firstMoment({ baselineMs }: ServiceSignals, to: number, live: LiveSince | undefined): number {
  return Math.min(to, live ? Date.parse(live.at) : to) - baselineMs;
}
