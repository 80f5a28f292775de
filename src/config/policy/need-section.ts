import * as z from 'zod';
import type { NeedVerdict } from '../../domain/need/assessment.ts';
import {
  DEFAULT_NEED_POLICY,
  NEED_FOLLOWS,
  type NeedFollows,
  type Trigger,
} from '../../domain/need/need-policy.ts';
import { section } from '../../schema-parts/parts.ts';

const WORDS: Readonly<Record<NeedVerdict, string>> = {
  warranted: 'it is the release',
  'not-warranted': 'it is not the release',
  inconclusive: 'it cannot be told',
};

const follows = (
  trigger: Trigger,
  verdict: NeedVerdict,
): z.ZodDefault<z.ZodEnum<{ [F in NeedFollows]: F }>> =>
  z
    .enum(NEED_FOLLOWS)
    .default(DEFAULT_NEED_POLICY[trigger][verdict])
    .describe(`What follows when ${WORDS[verdict]}: go-on, stop (nothing is changed), or ask.`);

const askedBy = (trigger: Trigger) =>
  section({
    warranted: follows(trigger, 'warranted'),
    'not-warranted': follows(trigger, 'not-warranted'),
    inconclusive: follows(trigger, 'inconclusive'),
  }).prefault({});

/** What follows from the question whether it is the release (runbook 1); asked where `signals` are configured. */
export const needSchema = section({
  person: askedBy('person').describe('Of requests that a person makes: trigger person, or none.'),
  alert: askedBy('alert').describe('Of requests with trigger alert.'),
});
