import type { Workload } from './api/resources.ts';
import { fingerprint } from './template/fingerprint.ts';

/** Whether the live template is of this fingerprint. */
export function isOf({ spec }: Workload, expected: string): boolean {
  return fingerprint(spec.template) === expected;
}
