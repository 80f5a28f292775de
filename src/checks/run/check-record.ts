import type { Instant } from '../../domain/json.ts';
import { type CheckResult, EVIDENCE_SAMPLES, type OwnPlans, type Sample } from '../../domain/proof/checks.ts';
import { oneLine } from '../../domain/redact.ts';
import { type Check, type ProbeResult, UNANSWERED } from '../check.ts';
import type { CheckProgress, DecisiveProbe } from './check-progress.ts';
import { keptValues, type Values } from './kept-values.ts';

/** Length of what a probe observed, in characters. */
const OBSERVED_LIMIT = 200;

/** What a check has found so far: counts, the deciding probe, and the samples worth keeping. */
export class CheckRecord {
  readonly startedAt: Instant;
  readonly startedAtMs: number;
  /** How long nobody probed because a worker was down: no part of the budget. */
  readonly downMs: number;
  readonly #check: Pick<Check, 'id' | 'sendsMessages'>;
  readonly #needed: number;
  readonly #now: () => number;
  #probes: number;
  #underWay = false;
  #inARow: number;
  #idleInARow: number;
  #unreached: number;
  #last: string;
  #lastValues: Values | undefined;
  #decisive: DecisiveProbe | undefined;
  #evidence: readonly Sample[];
  #messages: number;
  #ownPlans: OwnPlans;
  /** The last probe found nothing but what our own failed messages have moved. */
  #onlyOurs = false;

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
    this.#probes = resume?.probes ?? 0;
    // Good probes are counted anew unless they were enough: what the check remembered of them is gone.
    this.#inARow = resume && resume.inARow >= needed ? resume.inARow : 0;
    this.#idleInARow = resume?.idleInARow ?? 0;
    // Nobody knows how a probe ended that a restart has cut off.
    this.#unreached = (resume?.unreached ?? 0) + (resume?.underWay && resume.unreached ? 1 : 0);
    this.#last = resume?.last ?? '';
    this.#decisive = resume?.decisive;
    this.#evidence = resume?.evidence ?? [];
    this.#messages = resume?.messages ?? 0;
    this.#ownPlans = resume?.ownPlans ?? { started: 0, failed: 0 };
    if (check.sendsMessages && resume?.underWay) this.#addMessage(UNANSWERED, false);
  }

  /** Messages that reached the service, or may have. */
  get messages(): number {
    return this.#messages;
  }

  /** Counts a probe that begins, and gives its number. */
  begin(): number {
    this.#probes += 1;
    this.#underWay = true;
    return this.#probes;
  }

  /** Adds what a probe found; `begun` in milliseconds since 1970. */
  add({ verdict, observed, values, sent, unreached, onlyOurs = false }: ProbeResult, begun: number): void {
    const line = oneLine(observed, OBSERVED_LIMIT);
    const kept = values && keptValues(values);
    this.#underWay = false;
    this.#onlyOurs = onlyOurs;
    this.#last = line;
    this.#lastValues = kept;
    this.#inARow = verdict === 'passed' ? this.#inARow + 1 : 0;
    this.#idleInARow = verdict === 'not-applicable' ? this.#idleInARow + 1 : 0;
    if (unreached) this.#unreached += 1;
    if (verdict === 'passed' || verdict === 'failed')
      this.#decisive = { verdict, observed: line, values: kept ?? {} };
    if (sent) this.#addMessage(sent, verdict === 'passed');
    const ms = Math.max(0, Math.round(this.#now() - begun));
    this.#evidence = worthKeeping([
      ...this.#evidence,
      { at: new Date(begun).toISOString(), verdict, observed: line, ms },
    ]);
  }

  #addMessage({ started, failed }: OwnPlans, isAnswered: boolean): void {
    this.#messages += 1;
    const own = this.#ownPlans;
    this.#ownPlans = {
      started: own.started + started,
      failed: own.failed + failed,
      answered: (own.answered ?? own.started - own.failed) + (isAnswered ? 1 : 0),
    };
  }

  /** True when there were enough good probes in a row. */
  isProved(): boolean {
    return this.#inARow >= this.#needed;
  }

  /** True when so many probes in a row found nothing to look at that it will not come. */
  isIdle(): boolean {
    return this.#idleInARow >= this.#needed;
  }

  progress(): CheckProgress {
    return {
      startedAt: this.startedAt,
      at: new Date(this.#now()).toISOString(),
      ...(this.downMs > 0 ? { downMs: this.downMs } : {}),
      probes: this.#probes,
      inARow: this.#inARow,
      ...(this.#idleInARow > 0 ? { idleInARow: this.#idleInARow } : {}),
      ...(this.#unreached > 0 ? { unreached: this.#unreached } : {}),
      last: this.#last,
      ...(this.#decisive ? { decisive: this.#decisive } : {}),
      evidence: this.#evidence,
      underWay: this.#underWay,
      ...(this.#messages > 0 ? { messages: this.#messages, ownPlans: this.#ownPlans } : {}),
    };
  }

  result(): CheckResult {
    const proved = this.isProved();
    const idle = !proved && this.isIdle();
    const failed = !proved && !idle && this.#decisive?.verdict === 'failed';
    return {
      check: this.#check.id,
      verdict: proved ? 'passed' : idle ? 'not-applicable' : failed ? 'failed' : 'inconclusive',
      summary: idle ? `not applicable: ${this.#last}` : this.#summary(proved, failed),
      samples: this.#probes,
      needed: this.#needed,
      inARow: this.#inARow,
      values: this.#decisive?.values ?? this.#lastValues ?? {},
      evidence: this.#evidence,
      ...(this.#reachedNobody() ? { reachedNobody: true } : {}),
      ...(!proved && !failed && this.#onlyOurs ? { onlyOurs: true } : {}),
      ...(this.#messages > 0 ? { ownPlans: this.#ownPlans } : {}),
    };
  }

  #reachedNobody(): boolean {
    return this.#probes > 0 && this.#unreached >= this.#probes;
  }

  #summary(proved: boolean, failed: boolean): string {
    if (proved) return `${this.#inARow} of ${this.#needed} good: ${this.#last}`;
    const probes = this.#probes === 1 ? '1 probe' : `${this.#probes} probes`;
    if (this.#reachedNobody()) return `reached nobody in ${probes}: ${this.#last}`;
    const observed = failed ? (this.#decisive?.observed ?? '') : this.#last;
    const progress = this.#inARow > 0 ? `, ${this.#inARow} of ${this.#needed} good in a row` : '';
    return `${failed ? 'failed' : 'not decided'} after ${probes}${progress}: ${observed}`;
  }
}

/** The first sample that was not good and the last ones. */
function worthKeeping(samples: readonly Sample[]): readonly Sample[] {
  if (samples.length <= EVIDENCE_SAMPLES) return samples;
  const first = samples.find(({ verdict }) => verdict !== 'passed');
  const last = samples.slice(-EVIDENCE_SAMPLES);
  return first === undefined || last.includes(first) ? last : [first, ...last.slice(1)];
}
