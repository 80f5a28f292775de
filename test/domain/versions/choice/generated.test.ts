import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseTarget } from '../../../../src/domain/versions/choice/choose-target.ts';
import { remedyFor } from '../../../../src/domain/versions/choice/remedies.ts';
import {
  standingOf,
  withProofsOnce,
  withSharedRecords,
} from '../../../../src/domain/versions/choice/standing.ts';
import { planRollback } from '../../../../src/domain/versions/plan-rollback.ts';
import { parseTarget, type TargetWish } from '../../../../src/domain/versions/targets.ts';
import { type ObservedService, versionIdOf } from '../../../../src/domain/versions/versions.ts';
import { type Happening, happenings, Workload } from './generated-history.ts';

const RUNS = { numRuns: 1_000 };

function workload(events: readonly Happening[]): Workload {
  const made = new Workload();
  for (const event of events) made.happen(event);
  return made;
}

/** When the first of a content was made. */
function sinceOf({ current, history }: ObservedService, id: string): number {
  const same = [current, ...history].filter((version) => versionIdOf(version) === id);
  return Math.min(...same.map(({ createdAt }) => Date.parse(createdAt)));
}

function chosen(seen: ObservedService, wish: TargetWish = { kind: 'known-good' }) {
  const choice = chooseTarget(seen, wish);
  return 'problem' in choice ? undefined : choice.candidate;
}

/** Each restart of a version with what is recorded of it, at a time of its own. */
function provedApart(observed: ObservedService): ObservedService {
  const { current, history } = withSharedRecords(observed);
  const apart = history.map(({ evidence, ...version }, index) => ({
    ...version,
    ...(evidence
      ? { evidence: { ...evidence, at: new Date(Date.parse(evidence.at) - index).toISOString() } }
      : {}),
  }));
  return { ...observed, current, history: apart };
}

/** Something happens to be chosen in each of these, or the properties below would prove nothing. */
describe('of generated histories', () => {
  it('the default target never goes forward, nor to another version that was seen to fail or undone', () => {
    let others = 0;
    fc.assert(
      fc.property(happenings, (events) => {
        const of = workload(events);
        const seen = of.observe();
        const target = chosen(seen);
        if (!target || versionIdOf(target) === versionIdOf(seen.current)) return;
        others += 1;
        const current = sinceOf(seen, versionIdOf(seen.current));
        expect(Date.parse(target.createdAt)).toBeLessThanOrEqual(current);
        expect(standingOf(target)).not.toBe('failed');
        expect(of.wasUndone(versionIdOf(target))).toBe(false);
      }),
      RUNS,
    );
    expect(others).toBeGreaterThan(RUNS.numRuns / 10);
  });

  it('a version with proof that nobody has undone is never passed over for one without', () => {
    fc.assert(
      fc.property(happenings, (events) => {
        const of = workload(events);
        const seen = withSharedRecords(of.observe());
        const choice = chooseTarget(seen, { kind: 'known-good' });
        if ('problem' in choice || choice.rule !== 'one-before') return;
        const current = sinceOf(seen, versionIdOf(seen.current));
        const older = seen.history.filter(
          (version) =>
            versionIdOf(version) !== versionIdOf(seen.current) &&
            Date.parse(version.createdAt) <= current &&
            !of.wasUndone(versionIdOf(version)),
        );
        expect(older.filter((version) => standingOf(version) === 'proved')).toEqual([]);
      }),
      RUNS,
    );
  });

  it.each<[string, TargetWish]>([
    ['the default', { kind: 'known-good' }],
    ['a version', { kind: 'version', version: '0.1.0' }],
    ['a revision', { kind: 'revision', revision: 1 }],
  ])('%s is asked for twice: the second time nothing changes', (_what, wish) => {
    fc.assert(
      fc.property(happenings, (events) => {
        const of = workload(events);
        const first = chosen(of.observe(), wish);
        if (!first || first.fingerprint === '') return;
        of.rollBackTo(first);
        const again = planRollback(of.observe(), wish);
        expect(again).toMatchObject({ changesNothing: true, to: { fingerprint: first.fingerprint } });
      }),
      RUNS,
    );
  });

  it('whatever happens to what a rollback put there without changing it, it stays until an older one has proof', () => {
    fc.assert(
      fc.property(happenings, (events) => {
        const of = workload(events);
        const first = chosen(of.observe());
        if (!first) return;
        of.rollBackTo(first);
        of.happen({ kind: 'restart' });
        const target = chosen(of.observe());
        expect(target && versionIdOf(target)).toBe(versionIdOf(first));
      }),
      RUNS,
    );
  });

  it('a proof that stands there once says the same of each version', () => {
    let less = 0;
    fc.assert(
      fc.property(happenings, (events) => {
        const seen = provedApart(workload(events).observe());
        const once = withProofsOnce(seen);
        expect(withSharedRecords(once)).toEqual(withSharedRecords(seen));
        const proofs = [once.current, ...once.history].filter(
          ({ evidence }) => evidence?.verdict === 'passed',
        );
        expect(new Set(proofs.map(versionIdOf)).size).toBe(proofs.length);
        if (JSON.stringify(once).length < JSON.stringify(seen).length) less += 1;
      }),
      RUNS,
    );
    expect(less).toBeGreaterThan(RUNS.numRuns / 10);
  });

  it('each version can be asked for by its remedy', () => {
    fc.assert(
      fc.property(happenings, (events) => {
        const seen = withSharedRecords(workload(events).observe());
        for (const version of [seen.current, ...seen.history]) {
          const wish = parseTarget(remedyFor(version, seen)) as TargetWish;
          const found = chosen(seen, wish);
          expect(found && versionIdOf(found)).toBe(versionIdOf(version));
        }
      }),
      RUNS,
    );
  });
});
