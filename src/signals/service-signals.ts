import type { ReadSignal } from '../domain/need/signals.ts';
import type { KnownGoodRecord } from '../domain/proof/known-good.ts';
import type { SecretResolver } from '../secrets/index.ts';
import { createSignals, type MeasuredService } from './create-signals.ts';
import { recordedSignals } from './orchestrator/recorded.ts';
import type { SignalReader } from './read-signals.ts';

/** What is measured of one service. */
export interface ServiceSignals {
  /** How long before the version became live values are read, in ms. */
  readonly baselineMs: number;
  /** By how much clocks may differ, in ms. */
  readonly clockMs: number;
  /** Reads every signal. A source that fails is `no-data` of its signals; it throws only when the question's `signal` aborts. */
  read(question: Parameters<SignalReader['read']>[0]): Promise<readonly ReadSignal[]>;
  /** What was recorded with the evidence of a version, by the signals' ids. */
  recorded(checks: KnownGoodRecord['checks']): Readonly<Partial<Record<string, number>>>;
}

/** The signals of a service. Nothing is opened before it is asked. */
export function createServiceSignals(
  service: MeasuredService,
  secrets: SecretResolver,
  env: Readonly<Record<string, string | undefined>>,
): ServiceSignals {
  const { baselineMs, clockMs } = service.signals;
  const reader = createSignals(service, secrets, env);
  return { baselineMs, clockMs, read: (question) => reader.read(question), recorded: recordedSignals };
}
