import type { NeedVerdict } from './assessment.ts';

/** Who or what has started a run. */
export const TRIGGERS = ['person', 'alert'] as const;
export type Trigger = (typeof TRIGGERS)[number];

/** What follows from a verdict: the rollback goes on, the run ends and changes nothing, or somebody is asked. */
export const NEED_FOLLOWS = ['go-on', 'stop', 'ask'] as const;
export type NeedFollows = (typeof NEED_FOLLOWS)[number];

/** What follows, by who has asked and what was found. */
export type NeedPolicy = Readonly<Record<Trigger, Readonly<Record<NeedVerdict, NeedFollows>>>>;

/** A person has decided already, and keeps the numbers; an alert knows of no release. */
export const DEFAULT_NEED_POLICY: NeedPolicy = {
  person: { warranted: 'go-on', 'not-warranted': 'go-on', inconclusive: 'go-on' },
  alert: { warranted: 'go-on', 'not-warranted': 'stop', inconclusive: 'ask' },
};
