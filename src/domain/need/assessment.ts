import type { Instant } from '../json.ts';
import type { LiveSince, SignalSourceId, SignalUnit } from './signals.ts';

/** Whether the release is the cause: of an assessment as a whole. */
export const NEED_VERDICTS = ['warranted', 'not-warranted', 'inconclusive'] as const;
export type NeedVerdict = (typeof NEED_VERDICTS)[number];

/** What one signal says. */
export type SignalState =
  /** Bad, and not before the current version was live. */
  | 'worse-since'
  /** Bad, and it was so before. */
  | 'worse-before'
  | 'normal'
  /** It cannot be told; never a pass, never a failure. */
  | 'unknown';

/** One signal, judged. It goes into workflow history: numbers and words, no series. */
export interface JudgedSignal {
  readonly id: string;
  readonly title: string;
  readonly unit: SignalUnit;
  readonly source: SignalSourceId;
  readonly windowMs: number;
  readonly state: SignalState;
  readonly decides: boolean;
  /** False: bad by itself it warrants nothing. */
  readonly suffices?: false;
  readonly now?: number;
  /** Events behind it, where the source knows. */
  readonly samples?: number;
  /** With `unknown`: it is bad now, and only since when is not known. */
  readonly isBad?: true;
  /** What was normal before the current version was live. */
  readonly before?: number;
  /** What was recorded with the known-good evidence. */
  readonly recorded?: number;
  /** Since when it is bad. */
  readonly onsetAt?: Instant;
  /** `failed plans 0.4 % -> 38 % since 02:41, six minutes after 0.2.0 became live`. */
  readonly says: string;
  /** What the source has said beside the number: warnings, a part that did not answer. */
  readonly notes?: readonly string[];
}

/** Runbook 1: is it the release? */
export interface NeedAssessment {
  readonly verdict: NeedVerdict;
  /** One sentence for people. */
  readonly sentence: string;
  readonly at: Instant;
  /** The version that is judged. */
  readonly version: string;
  readonly live?: LiveSince;
  readonly signals: readonly JudgedSignal[];
  /** What is recorded of the current version: a failed verification. */
  readonly known?: string;
}
