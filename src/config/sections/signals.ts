import { ORCHESTRATOR_SIGNAL_IDS } from '../../signals/orchestrator/signals.ts';
import type { PrometheusSettings } from '../../signals/prometheus/index.ts';
import type { SignalsEntry } from '../../signals/settings.ts';
import type { Fault } from '../faults.ts';

/** What is wrong between the keys of the section `signals:`. */
export function signalFaults(
  { custom, git, selector, deadline }: SignalsEntry,
  prometheus: PrometheusSettings | undefined,
  at: readonly PropertyKey[],
): readonly Fault[] {
  const faults: Fault[] = [];
  const known = new Set<string>(ORCHESTRATOR_SIGNAL_IDS);
  for (const [index, { id, limit, growth }] of custom.entries()) {
    const path = [...at, 'custom', index];
    if (known.has(id)) faults.push({ path: [...path, 'id'], message: `there is a signal ${id} already` });
    known.add(id);
    if (limit === undefined && growth === undefined) {
      faults.push({ path, message: 'limit or growth: missing, nothing else says what is bad', atKey: true });
    }
  }
  for (const [index, { id }] of git.entries()) {
    const path = [...at, 'git', index, 'id'];
    if (known.has(id)) faults.push({ path, message: `there is a signal ${id} already` });
  }
  if (prometheus && Object.keys(selector).length === 0) {
    const message =
      'expected the labels of this service in Prometheus, such as { job: master-orchestrator }: without them the series of every service would count';
    faults.push({ path: [...at, 'selector'], message });
  }
  if (!prometheus && custom.length > 0) {
    faults.push({ path: [...at, 'custom'], message: 'needs prometheus: give its addresses', atKey: true });
  }
  const all = prometheus ? prometheus.timeoutMs * prometheus.addresses.length : 0;
  if (all >= deadline) {
    const message = `expected more than ${all / 1000}s, the time-out of prometheus for each of its addresses: the last one would never be asked`;
    faults.push({ path: [...at, 'deadline'], message });
  }
  return faults;
}
