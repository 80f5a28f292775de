import { type CheckResult, EVIDENCE_SAMPLES, type OwnPlans, type Sample } from '../domain/checks.ts';
import type { Instant, Json } from '../domain/json.ts';
import { oneLine } from '../domain/redact.ts';
import { type Check, type CheckProgress, type DecisiveLook, type Look, UNANSWERED } from './check.ts';

/** Length of what a sample saw, in characters. */
const SAW_LIMIT = 200;

/** Length of a text among the values, in characters, and how many values are kept at each level. */
const VALUE_LIMIT = 300;
const VALUES_KEPT = 20;

type Values = { readonly [name: string]: Json };

/** What a check has found so far: counts, the deciding look, and the samples worth keeping. */
export class CheckRecord {
  readonly startedAt: Instant;
  readonly startedAtMs: number;
  /** How long nobody looked because a worker was down: no part of the budget. */
  readonly downMs: number;
  readonly #check: Pick<Check, 'id' | 'sendsMessages'>;
  readonly #needed: number;
  readonly #now: () => number;
  #looks: number;
  #underWay = false;
  #inARow: number;
  #last: string;
  #lastValues: Values | undefined;
  #decisive: DecisiveLook | undefined;
  #evidence: readonly Sample[];
  #messages: number;
  #ownPlans: OwnPlans;

  constructor(
    check: Pick<Check, 'id' | 'sendsMessages'>,
    needed: number,
    now: () => number,
    resume?: CheckProgress,
  ) {
    const earlier = Date.parse(resume?.startedAt ?? '');
    this.#check = check;
    this.#needed = needed;
    this.#now = now;
    // A clock that was set back must not make the budget longer.
    this.startedAtMs = Number.isNaN(earlier) ? now() : Math.min(earlier, now());
    this.startedAt = new Date(this.startedAtMs).toISOString();
    const reported = Date.parse(resume?.at ?? '');
    this.downMs = (resume?.downMs ?? 0) + (Number.isNaN(reported) ? 0 : Math.max(0, now() - reported));
    this.#looks = resume?.looks ?? 0;
    // Good looks are counted anew unless they were enough: what the check remembered of them is gone.
    this.#inARow = resume && resume.inARow >= needed ? resume.inARow : 0;
    this.#last = resume?.last ?? '';
    this.#decisive = resume?.decisive;
    this.#evidence = resume?.evidence ?? [];
    this.#messages = resume?.messages ?? 0;
    this.#ownPlans = resume?.ownPlans ?? { started: 0, failed: 0 };
    if (check.sendsMessages && resume?.underWay) this.#addMessage(UNANSWERED);
  }

  /** Messages that reached the service, or may have. */
  get messages(): number {
    return this.#messages;
  }

  /** Counts a look that begins, and gives its number. */
  begin(): number {
    this.#looks += 1;
    this.#underWay = true;
    return this.#looks;
  }

  /** Adds what a look found; `begun` in milliseconds since 1970. */
  add({ verdict, saw, values, sent }: Look, begun: number): void {
    const line = oneLine(saw, SAW_LIMIT);
    const kept = values && cappedValues(values);
    this.#underWay = false;
    this.#last = line;
    this.#lastValues = kept;
    this.#inARow = verdict === 'passed' ? this.#inARow + 1 : 0;
    if (verdict !== 'inconclusive') this.#decisive = { verdict, saw: line, values: kept ?? {} };
    if (sent) this.#addMessage(sent);
    const ms = Math.max(0, Math.round(this.#now() - begun));
    this.#evidence = worthKeeping([
      ...this.#evidence,
      { at: new Date(begun).toISOString(), verdict, saw: line, ms },
    ]);
  }

  #addMessage({ started, failed }: OwnPlans): void {
    this.#messages += 1;
    this.#ownPlans = { started: this.#ownPlans.started + started, failed: this.#ownPlans.failed + failed };
  }

  /** True when there were enough good looks in a row. */
  isProved(): boolean {
    return this.#inARow >= this.#needed;
  }

  progress(): CheckProgress {
    return {
      startedAt: this.startedAt,
      at: new Date(this.#now()).toISOString(),
      ...(this.downMs > 0 ? { downMs: this.downMs } : {}),
      looks: this.#looks,
      inARow: this.#inARow,
      last: this.#last,
      ...(this.#decisive ? { decisive: this.#decisive } : {}),
      evidence: this.#evidence,
      underWay: this.#underWay,
      ...(this.#messages > 0 ? { messages: this.#messages, ownPlans: this.#ownPlans } : {}),
    };
  }

  result(): CheckResult {
    const proved = this.isProved();
    const failed = !proved && this.#decisive?.verdict === 'failed';
    return {
      check: this.#check.id,
      verdict: proved ? 'passed' : failed ? 'failed' : 'inconclusive',
      summary: this.#summary(proved, failed),
      samples: this.#looks,
      needed: this.#needed,
      inARow: this.#inARow,
      values: this.#decisive?.values ?? this.#lastValues ?? {},
      evidence: this.#evidence,
      ...(this.#messages > 0 ? { ownPlans: this.#ownPlans } : {}),
    };
  }

  #summary(proved: boolean, failed: boolean): string {
    if (proved) return `${this.#inARow} of ${this.#needed} good: ${this.#last}`;
    const looks = this.#looks === 1 ? '1 look' : `${this.#looks} looks`;
    const saw = failed ? (this.#decisive?.saw ?? '') : this.#last;
    const progress = this.#inARow > 0 ? `, ${this.#inARow} of ${this.#needed} good in a row` : '';
    return `${failed ? 'failed' : 'not decided'} after ${looks}${progress}: ${saw}`;
  }
}

/** The first sample that was not good and the last ones. */
function worthKeeping(samples: readonly Sample[]): readonly Sample[] {
  if (samples.length <= EVIDENCE_SAMPLES) return samples;
  const first = samples.find(({ verdict }) => verdict !== 'passed');
  const last = samples.slice(-EVIDENCE_SAMPLES);
  return first === undefined || last.includes(first) ? last : [first, ...last.slice(1)];
}

/** A text as the evidence keeps it: what is compared with the evidence has to be cut in the same way. */
export function keptText(text: string): string {
  return oneLine(text, VALUE_LIMIT);
}

/** Values as the evidence keeps them: few, short, without secrets, whatever a service had to say. */
function cappedValues(values: Values): Values {
  return Object.fromEntries(
    Object.entries(values)
      .slice(0, VALUES_KEPT)
      .map(([name, value]) => [keptText(name), capped(value)]),
  );
}

function capped(value: Json): Json {
  if (typeof value === 'string') return keptText(value);
  if (Array.isArray(value)) return value.slice(0, VALUES_KEPT).map(capped);
  return typeof value === 'object' && value !== null ? cappedValues(value as Values) : value;
}
