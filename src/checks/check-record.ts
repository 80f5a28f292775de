import { type CheckId, type CheckResult, EVIDENCE_SAMPLES, type Sample } from '../domain/checks.ts';
import type { Instant, Json } from '../domain/json.ts';
import { redact } from '../domain/redact.ts';
import type { CheckProgress, DecisiveLook, Look } from './check.ts';

/** Length of what a sample saw, in characters. */
const SAW_LIMIT = 200;

/** What a check has found so far: counts, the deciding look, and the samples worth keeping. */
export class CheckRecord {
  readonly startedAt: Instant;
  readonly startedAtMs: number;
  readonly #id: CheckId;
  readonly #needed: number;
  readonly #now: () => number;
  #looks: number;
  #inARow = 0;
  #last: string;
  #lastValues: Look['values'];
  #decisive: DecisiveLook | undefined;
  #evidence: readonly Sample[];

  constructor(id: CheckId, needed: number, now: () => number, resume?: CheckProgress) {
    const earlier = Date.parse(resume?.startedAt ?? '');
    this.#id = id;
    this.#needed = needed;
    this.#now = now;
    // A clock that was set back must not make the budget longer.
    this.startedAtMs = Number.isNaN(earlier) ? now() : Math.min(earlier, now());
    this.startedAt = new Date(this.startedAtMs).toISOString();
    this.#looks = resume?.looks ?? 0;
    this.#last = resume?.last ?? '';
    this.#decisive = resume?.decisive;
    this.#evidence = resume?.evidence ?? [];
  }

  /** Counts a look that begins, and gives its number. */
  begin(): number {
    this.#looks += 1;
    return this.#looks;
  }

  /** Adds what a look found; `begun` in milliseconds since 1970. */
  add({ verdict, saw, values }: Look, begun: number): void {
    const line = oneLine(saw);
    this.#last = line;
    this.#lastValues = values;
    this.#inARow = verdict === 'passed' ? this.#inARow + 1 : 0;
    if (verdict !== 'inconclusive') this.#decisive = { verdict, saw: line, values: values ?? {} };
    const ms = Math.max(0, Math.round(this.#now() - begun));
    this.#evidence = kept([...this.#evidence, { at: new Date(begun).toISOString(), verdict, saw: line, ms }]);
  }

  /** True when there were enough good looks in a row. */
  isProved(): boolean {
    return this.#inARow >= this.#needed;
  }

  progress(): CheckProgress {
    return {
      startedAt: this.startedAt,
      looks: this.#looks,
      inARow: this.#inARow,
      last: this.#last,
      ...(this.#decisive ? { decisive: this.#decisive } : {}),
      evidence: this.#evidence,
    };
  }

  result(): CheckResult {
    const proved = this.isProved();
    const failed = !proved && this.#decisive?.verdict === 'failed';
    return {
      check: this.#id,
      verdict: proved ? 'passed' : failed ? 'failed' : 'inconclusive',
      summary: this.#summary(proved, failed),
      samples: this.#looks,
      needed: this.#needed,
      inARow: this.#inARow,
      values: this.#values(),
      evidence: this.#evidence,
    };
  }

  #summary(proved: boolean, failed: boolean): string {
    if (proved) return `${this.#inARow} of ${this.#needed} good: ${this.#last}`;
    const looks = this.#looks === 1 ? '1 look' : `${this.#looks} looks`;
    const saw = failed ? (this.#decisive?.saw ?? '') : this.#last;
    const progress = this.#inARow > 0 ? `, ${this.#inARow} of ${this.#needed} good in a row` : '';
    return `${failed ? 'failed' : 'not decided'} after ${looks}${progress}: ${saw}`;
  }

  #values(): { readonly [name: string]: Json } {
    return this.#decisive?.values ?? this.#lastValues ?? {};
  }
}

/** The first sample that was not good and the last ones. */
function kept(samples: readonly Sample[]): readonly Sample[] {
  if (samples.length <= EVIDENCE_SAMPLES) return samples;
  const first = samples.find(({ verdict }) => verdict !== 'passed');
  const last = samples.slice(-EVIDENCE_SAMPLES);
  return first === undefined || last.includes(first) ? last : [first, ...last.slice(1)];
}

/** One line without control characters and secrets, cut to its limit. */
function oneLine(text: string): string {
  const line = redact(text.replace(/[\s\p{Cc}]+/gu, ' ').trim());
  return line.length <= SAW_LIMIT ? line : `${line.slice(0, SAW_LIMIT - 1)}…`;
}
