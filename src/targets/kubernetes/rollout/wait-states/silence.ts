import type { Workload } from '../../api/resources.ts';
import type { Finding } from './rows.ts';

/** Controllers answer a change of pods within a second: after this long, in milliseconds, it is said that they do not. */
const SILENT_MS = 10_000;

/**
 * That the controller does nothing though nothing holds it up, as far as workload and pods show. Pure.
 * @param quietMs since when nothing has moved.
 */
export function silentController({ spec }: Workload, quietMs: number): Finding | undefined {
  if (quietMs < SILENT_MS + (spec.minReadySeconds ?? 0) * 1_000) return undefined;
  return {
    state: 'controller-silent',
    text: 'no pod is in trouble, and nothing moves: the controllers may be down (kube-controller-manager)',
  };
}
