import * as z from 'zod';
import { duration } from '../schema-parts/parts.ts';

/** How often a check probes and when it gives up: part of the settings of every check. Durations in milliseconds. */
export interface CheckPolicy {
  /** Good probes in a row that prove the service well. */
  readonly needed: number;
  readonly everyMs: number;
  /** Budget of the whole check. */
  readonly withinMs: number;
  /** Time-out of one probe. */
  readonly timeoutMs: number;
}

/** What holds of a check where nobody says otherwise. */
export interface PolicyDefaults {
  readonly needed: number;
  readonly within: string;
  readonly timeout: string;
  readonly every?: string;
  /** Why the pace is what it is, for people. */
  readonly pace?: string;
}

const PACE = 'Not under 2s in production: the service limits its clients (service contract, 2.5).';

/** The keys that every check has, durations as the file has them. */
export function policyKeys(defaults: PolicyDefaults) {
  const { needed, within, timeout, every = '2s', pace = PACE } = defaults;
  return {
    needed: z
      .int()
      .min(1)
      .max(20)
      .default(needed)
      .describe('Good probes in a row that prove the service well.'),
    every: duration('0ms', '5m').prefault(every).describe(`From the begin of one probe to the next. ${pace}`),
    within: duration('100ms', '14m').prefault(within).describe('Budget of the whole check.'),
    timeout: duration('50ms', '5m').prefault(timeout).describe('Time-out of one probe.'),
  };
}

/** Settings as the profile has them: the names of durations say their unit. */
export function inMilliseconds<
  Written extends { readonly every: number; readonly within: number; readonly timeout: number },
>({ every, within, timeout, ...settings }: Written) {
  return { ...settings, everyMs: every, withinMs: within, timeoutMs: timeout };
}
