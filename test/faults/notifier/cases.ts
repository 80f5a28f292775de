import {
  afterwards,
  answer,
  type Fault,
  hang,
  hangUp,
  refuse,
  reset,
} from '../../../sandbox/faults/index.ts';

/** One receiver that misbehaves. */
export interface ReceiverCase {
  /** Its name in the profile. */
  readonly name: string;
  readonly what: string;
  readonly fault: Fault;
  /** Messages that meet the fault. Default: all. */
  readonly times?: number;
  readonly told: boolean;
  /** Attempts to deliver the message. */
  readonly attempts: number;
  /** Between the first two attempts, at least, in milliseconds. */
  readonly waits?: number;
  readonly short?: boolean;
}

const limited = (seconds: number) => answer(429, '', { 'retry-after': String(seconds) });

/** The budget of a message is four attempts within a minute (src/domain/steps/steps.ts). */
export const RECEIVERS: readonly ReceiverCase[] = [
  {
    name: 'patient',
    what: 'answers 429 with Retry-After once',
    fault: limited(3),
    times: 1,
    told: true,
    attempts: 2,
    waits: 3_000,
    short: true,
  },
  { name: 'limited', what: 'answers 429 for good', fault: answer(429), told: false, attempts: 4 },
  {
    name: 'hourly',
    what: 'answers 429 with a Retry-After beyond the budget',
    fault: limited(3_600),
    told: false,
    attempts: 1,
    short: true,
  },
  {
    name: 'recovers',
    what: 'answers 500 twice',
    fault: answer(500),
    times: 2,
    told: true,
    attempts: 3,
    short: true,
  },
  { name: 'broken', what: 'answers 500 for good', fault: answer(500), told: false, attempts: 4, short: true },
  { name: 'gone', what: 'answers 404', fault: answer(404), told: false, attempts: 1, short: true },
  {
    name: 'wakes',
    what: 'answers nothing once',
    fault: hang,
    times: 1,
    told: true,
    attempts: 2,
    short: true,
  },
  { name: 'silent', what: 'answers nothing for good', fault: hang, told: false, attempts: 4 },
  { name: 'closes', what: 'closes the connection twice', fault: hangUp, times: 2, told: true, attempts: 3 },
  {
    name: 'resets',
    what: 'takes the message and resets the connection once',
    fault: afterwards(reset),
    times: 1,
    told: true,
    attempts: 2,
    short: true,
  },
  {
    name: 'late',
    what: 'takes the message and answers nothing once',
    fault: afterwards(hang),
    times: 1,
    told: true,
    attempts: 2,
  },
  {
    name: 'gateway',
    what: 'takes the message and answers 504 twice',
    fault: afterwards(answer(504)),
    times: 2,
    told: true,
    attempts: 3,
  },
  {
    name: 'away',
    what: 'refuses connections for 2 s',
    fault: refuse(2_000),
    times: 1,
    told: true,
    attempts: 3,
  },
];
