import type { Instant } from '../json.ts';

/** Where a number comes from. */
export const SIGNAL_SOURCES = ['prometheus', 'scrape', 'http', 'git'] as const;
export type SignalSourceId = (typeof SIGNAL_SOURCES)[number];

/** What a number means: a share from 0 to 1, events a second, seconds, or a count. */
export const SIGNAL_UNITS = ['ratio', 'per-second', 'seconds', 'count'] as const;
export type SignalUnit = (typeof SIGNAL_UNITS)[number];

/** What is measured, and what of it is normal. Every number is configuration: the service's documents disagree about them. */
export interface SignalDefinition {
  /** `plan-failure-ratio`. */
  readonly id: string;
  /** For people, as it stands before a number: `failed plans`. */
  readonly title: string;
  readonly unit: SignalUnit;
  /** Time that one value is taken over, in ms. */
  readonly windowMs: number;
  /** So many events (plans, calls, answers) must stand behind a value, or it says nothing. */
  readonly minSamples: number;
  readonly worse: 'higher' | 'lower';
  /** Beyond this it is bad, whatever it was before. */
  readonly limit?: number;
  /** Bad when it is this many times what it was before (higher is worse), or one such part of it (lower is worse). */
  readonly growth?: number;
  /** With `growth`: a change smaller than this is none, in the signal's unit. */
  readonly noise?: number;
  /** Whether the question of the release stays open while this cannot be told; the others only add to it. */
  readonly decides: boolean;
  /** False: more traffic alone moves it, so that it is told, and being bad warrants nothing by itself. */
  readonly suffices?: false;
}

/** One value at one time. Never NaN, never infinite: what a source cannot tell is no point. */
export interface SignalPoint {
  /** Milliseconds since the epoch, by the clock of the source. */
  readonly at: number;
  readonly value: number;
  /** Events behind the value, where the source knows. */
  readonly samples?: number;
}

/** What a source says of one signal. */
export type SignalReading =
  | {
      readonly kind: 'measured';
      readonly source: SignalSourceId;
      readonly now: SignalPoint;
      /** The past, oldest first, with gaps where nothing is known; empty where the source has no past. */
      readonly past: readonly SignalPoint[];
      /** What the source has said beside it: warnings, a part that did not answer. */
      readonly notes?: readonly string[];
    }
  | {
      readonly kind: 'no-data';
      readonly source: SignalSourceId;
      /** For people, without addresses and secrets. */
      readonly why: string;
    };

/** A signal and what was read of it. */
export interface ReadSignal {
  readonly definition: SignalDefinition;
  readonly reading: SignalReading;
}

/** Since when the current version is live: objects are reused and keep their creation time, so it is read from what happened. */
export interface LiveSince {
  readonly at: Instant;
  /** What said so. */
  readonly from: 'mark' | 'event' | 'write' | 'rollout' | 'pods' | 'container';
  /** False: it became live then or before, and what is older is not kept. */
  readonly exact: boolean;
}
