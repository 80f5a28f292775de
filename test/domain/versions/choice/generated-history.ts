import fc from 'fast-check';
import type {
  ObservedService,
  VersionCandidate,
  VersionEvidence,
} from '../../../../src/domain/versions/versions.ts';
import { candidate, evidence, observed } from '../../observed.ts';

/** What happens to a workload, in any order and as often as it likes. */
export type Happening =
  /** A release: of some name, with some config. */
  | { readonly kind: 'deploy'; readonly name: number; readonly config: number }
  | { readonly kind: 'restart' }
  /** `kubectl rollout undo`, or the oldest of the history. */
  | { readonly kind: 'undo'; readonly to: 'previous' | 'oldest' }
  | { readonly kind: 'verify'; readonly verdict: 'passed' | 'failed' | 'inconclusive' }
  | { readonly kind: 'prune' };

export const happenings: fc.Arbitrary<readonly Happening[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('deploy' as const), name: fc.nat(3), config: fc.nat(1) }),
    fc.record({ kind: fc.constant('restart' as const) }),
    fc.record({
      kind: fc.constant('undo' as const),
      to: fc.constantFrom('previous' as const, 'oldest' as const),
    }),
    fc.record({
      kind: fc.constant('verify' as const),
      verdict: fc.constantFrom('passed' as const, 'failed' as const, 'inconclusive' as const),
    }),
    fc.record({ kind: fc.constant('prune' as const) }),
  ),
  { minLength: 1, maxLength: 14 },
);

interface Template {
  readonly version: string;
  readonly id: string;
  readonly fingerprint: string;
}

interface Kept extends Template {
  readonly createdAt: number;
  revision: number;
  readonly former: number[];
}

/** A Deployment as its controller keeps it: one ReplicaSet for each template, renumbered when it comes back. */
export class Workload {
  readonly #kept: Kept[] = [];
  readonly #proofs = new Map<string, VersionEvidence>();
  readonly #failures = new Map<string, VersionEvidence>();
  #live: Kept;
  #placed: string | undefined;
  /** What was live, one after the other: the ids. */
  readonly #lived: string[] = [];
  #time = 0;
  #revision = 0;
  #restarts = 0;

  constructor() {
    this.#live = this.#goTo(release(0, 0));
  }

  happen(happening: Happening): void {
    switch (happening.kind) {
      case 'deploy':
        this.#goTo(release(happening.name, happening.config));
        return;
      case 'restart': {
        const { version, id } = this.#live;
        this.#restarts += 1;
        this.#goTo({ version, id, fingerprint: `${id}-restarted-${this.#restarts}` });
        return;
      }
      case 'undo': {
        const others = this.#newestFirst().filter((kept) => kept !== this.#live);
        const to = happening.to === 'previous' ? others[0] : others.at(-1);
        if (to) this.#goTo(to);
        return;
      }
      case 'verify':
        this.#record(happening.verdict);
        return;
      case 'prune': {
        const oldest = this.#newestFirst().at(-1);
        if (oldest && oldest !== this.#live) this.#kept.splice(this.#kept.indexOf(oldest), 1);
      }
    }
  }

  /** Carries out what was chosen, as a rollback does: it marks what it has put there. */
  rollBackTo({ fingerprint }: VersionCandidate): void {
    const to = this.#kept.find((kept) => kept.fingerprint === fingerprint);
    if (!to) throw new Error(`${fingerprint} is not kept`);
    this.#goTo(to);
    this.#placed = to.id;
  }

  /** Whether a version that is older, as far as the history keeps it, was live after the last time that this one was. */
  wasUndone(id: string): boolean {
    const madeAt = (of: string) =>
      Math.min(...this.#kept.filter((kept) => kept.id === of).map(({ createdAt }) => createdAt));
    const after = this.#lived.slice(this.#lived.lastIndexOf(id) + 1);
    return after.some((other) => madeAt(other) < madeAt(id));
  }

  observe(): ObservedService {
    const candidates = this.#newestFirst().map((kept) => this.#candidate(kept));
    const current = this.#candidate(this.#live);
    const history = candidates.filter(({ fingerprint }) => fingerprint !== current.fingerprint);
    return observed(current, history, { rolledBack: this.#placed === this.#live.id });
  }

  #goTo(template: Template): Kept {
    this.#time += 1;
    this.#revision += 1;
    const known = this.#kept.find((kept) => kept.fingerprint === template.fingerprint);
    const { version, id, fingerprint } = template;
    const live = known ?? { version, id, fingerprint, createdAt: this.#time, revision: 0, former: [] };
    if (!known) this.#kept.push(live);
    if (live.revision > 0) live.former.push(live.revision);
    live.revision = this.#revision;
    this.#live = live;
    this.#lived.push(id);
    return live;
  }

  #record(verdict: 'passed' | 'failed' | 'inconclusive'): void {
    this.#time += 1;
    const { version, fingerprint } = this.#live;
    const record = evidence(version, timeOf(this.#time), { verdict, fingerprint });
    if (verdict === 'passed') this.#proofs.set(fingerprint, record);
    if (verdict === 'failed') this.#failures.set(fingerprint, record);
  }

  #newestFirst(): readonly Kept[] {
    return this.#kept.toSorted((a, b) => b.revision - a.revision);
  }

  #candidate({ version, id, fingerprint, createdAt, revision, former }: Kept): VersionCandidate {
    const [proof, failure] = [this.#proofs.get(fingerprint), this.#failures.get(fingerprint)];
    return candidate(version, revision, {
      id,
      fingerprint,
      contentFingerprint: id,
      formerRevisions: [...former],
      createdAt: timeOf(createdAt),
      ...(proof ? { evidence: proof } : {}),
      ...(failure ? { failure } : {}),
    });
  }
}

function release(name: number, config: number): Template {
  const id = `${name}a${config}`.padEnd(64, '0');
  return { version: `0.${name}.0`, id, fingerprint: id };
}

function timeOf(minutes: number): string {
  return new Date(Date.UTC(2026, 10, 1) + minutes * 60_000).toISOString();
}
