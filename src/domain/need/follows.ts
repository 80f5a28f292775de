import type { NeedAssessment, NeedVerdict } from './assessment.ts';
import type { NeedFollows, NeedPolicy, Trigger } from './need-policy.ts';

/** What follows from a verdict for whoever has asked. */
export function followsFrom(policy: NeedPolicy, trigger: Trigger, verdict: NeedVerdict): NeedFollows {
  return policy[trigger][verdict];
}

const SHORT: Readonly<Record<NeedVerdict, string>> = {
  warranted: 'the release is the cause',
  'not-warranted': 'the release is not the cause',
  inconclusive: 'it cannot be told whether the release is the cause',
};

/** A verdict in words. */
export function verdictSays(verdict: NeedVerdict): string {
  return SHORT[verdict];
}

/** What somebody has to decide, where the policy asks. */
export function needQuestion({ verdict, sentence }: NeedAssessment): string {
  return `${SHORT[verdict]}: ${sentence}: go-on rolls back all the same, abort changes nothing`;
}
