import {
  brokenJson,
  drip,
  type Fault,
  hang,
  hangUp,
  html,
  huge,
  redirect,
  refuse,
  reset,
  wrongTypes,
} from '../../../sandbox/faults/index.ts';
import type { CheckId } from '../../../src/domain/proof/checks.ts';
import type { Verdict } from '../../../src/domain/proof/verdict.ts';

/** What the service does instead of answering well. */
export interface ServiceFault {
  readonly what: string;
  readonly fault: (taken: (bytes: number) => void) => Fault;
  /** What it proves of the service: an answer that is none is a failure, no answer is no proof. */
  readonly verdict: Verdict;
  /** How it is done for a while. Default: to two requests. */
  readonly forAWhile?: { readonly fault: Fault; readonly times: number };
  /** Checks of the short form: while the fault lasts, and when it ends. */
  readonly short?: readonly CheckId[];
  readonly shortWell?: readonly CheckId[];
}

const always =
  (fault: Fault): ServiceFault['fault'] =>
  () =>
    fault;

export const SERVICE_FAULTS: readonly ServiceFault[] = [
  {
    what: 'refuses connections',
    fault: always(refuse(60_000)),
    forAWhile: { fault: refuse(700), times: 1 },
    verdict: 'inconclusive',
    short: ['metrics'],
  },
  { what: 'closes the connection', fault: always(hangUp), verdict: 'inconclusive' },
  { what: 'resets the connection', fault: always(reset), verdict: 'inconclusive', shortWell: ['chat'] },
  { what: 'never answers', fault: always(hang), verdict: 'inconclusive', short: ['chat'] },
  { what: 'sends its answer a byte at a time', fault: always(drip(20)), verdict: 'inconclusive' },
  {
    what: 'redirects',
    fault: always(redirect('/elsewhere')),
    verdict: 'inconclusive',
    shortWell: ['metrics'],
  },
  {
    what: 'sends 100 MB',
    fault: (taken) => huge(100 * 2 ** 20, taken),
    verdict: 'inconclusive',
    short: ['agents'],
  },
  { what: 'sends a web page', fault: always(html), verdict: 'failed', shortWell: ['health'] },
  { what: 'sends broken JSON', fault: always(brokenJson), verdict: 'failed', shortWell: ['agents'] },
  { what: 'sends wrong types', fault: always(wrongTypes), verdict: 'failed', short: ['health'] },
];

/** Requests of each check. */
export const PATHS: Readonly<Record<CheckId, RegExp>> = {
  health: /^\/health/,
  chat: /^\/api\/v1\/chat/,
  agents: /^\/api\/v1\/agents/,
  metrics: /^\/metrics/,
};

/** Of the metrics a text that cannot be read says nothing: only numbers prove a service wrong. */
export function verdictOf({ verdict }: ServiceFault, check: CheckId): Verdict {
  return check === 'metrics' ? 'inconclusive' : verdict;
}
