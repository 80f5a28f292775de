import { describe, expect, it } from 'vitest';
import { chooseTarget } from '../../../../src/domain/versions/choice/choose-target.ts';
import type { SnapshotReference } from '../../../../src/domain/versions/pins.ts';
import { planRollback } from '../../../../src/domain/versions/plan-rollback.ts';
import type { ObservedService, VersionCandidate } from '../../../../src/domain/versions/versions.ts';
import { candidate, evidence, observed } from '../../observed.ts';

/** @param made the number that it was made under, when a rollback has renumbered it since. */
const proved = (version: string, revision: number, day: number, made = revision) =>
  candidate(version, revision, {
    evidence: evidence(version, `2026-11-${String(day).padStart(2, '0')}T00:00:00Z`),
    createdAt: candidate(version, made).createdAt,
  });
const print = (version: string) => `template-${version}`;
/** As `kubectl rollout restart` makes it: another fingerprint, the same content. */
const restartOf = (version: VersionCandidate, revision: number): VersionCandidate => ({
  ...version,
  revision,
  fingerprint: `restarted-${version.version}`,
  createdAt: candidate(version.version, revision).createdAt,
});

describe('falling back', () => {
  const chosen = (seen: ObservedService, ...tried: string[]) => {
    const choice = chooseTarget(seen, { kind: 'older-known-good', tried });
    return 'problem' in choice ? choice.problem : `${choice.candidate.version} ${choice.basis}`;
  };
  /** 0.4.0 was bad, and so is what it was rolled back to: 0.3.0, renumbered. */
  const after = (...history: VersionCandidate[]) =>
    observed(proved('0.3.0', 6, 13, 3), [candidate('0.4.0', 5), ...history], { rolledBack: true });
  const tried = [print('0.4.0'), print('0.3.0')];
  const two = proved('0.2.0', 2, 12);
  const one = proved('0.1.0', 1, 11);

  const table: [string, ObservedService, readonly string[], string][] = [
    ['goes to the version that was proved before', after(two, one), tried, '0.2.0 known-good'],
    [
      'of two older ones to the one that was proved last',
      after(proved('0.2.0', 2, 8), proved('0.1.0', 1, 9)),
      tried,
      '0.1.0 known-good',
    ],
    [
      'a second time goes on from there',
      observed(proved('0.2.0', 7, 12, 2), [proved('0.3.0', 6, 13, 3), candidate('0.4.0', 5), one]),
      [...tried, print('0.2.0')],
      '0.1.0 known-good',
    ],
    ['leaves out what is live even when nobody says that it was tried', after(two), [], '0.2.0 known-good'],
    [
      'takes none that somebody has gone back from since',
      after(proved('0.1.0', 4, 8, 1), two),
      tried,
      '0.1.0 known-good',
    ],
    ['takes no version without evidence', after(candidate('0.2.0', 2)), tried, 'NoHistory'],
    [
      'takes no version whose evidence is that it failed',
      after(
        candidate('0.2.0', 2, { evidence: evidence('0.2.0', '2026-11-09T00:00:00Z', { verdict: 'failed' }) }),
      ),
      tried,
      'NoHistory',
    ],
    [
      'takes no restart of what was tried',
      after(restartOf(two, 4), two),
      [...tried, print('0.2.0')],
      'NoHistory',
    ],
    [
      'takes nothing that a tried restart is one of',
      after(restartOf(two, 4), two, one),
      [...tried, 'restarted-0.2.0'],
      '0.1.0 known-good',
    ],
    ['takes no restart of what is live', after(restartOf(proved('0.3.0', 3, 13), 4)), tried, 'NoHistory'],
    [
      'never goes forward to the version that it came from, though that is known-good and nobody says it was tried',
      observed(one, [proved('0.4.0', 5, 14), two]),
      [print('0.1.0')],
      'NoHistory',
    ],
    [
      'never goes to a version between a tried one and the bad one: that would be forward',
      observed(proved('0.1.0', 6, 20, 1), [candidate('0.4.0', 5), two]),
      [print('0.4.0'), print('0.1.0')],
      'NoHistory',
    ],
    [
      'goes by the age of what was tried where that of the live one is not known',
      observed(candidate('0.3.0', 9), [candidate('0.4.0', 5), proved('0.3.1', 6, 13), two]),
      [print('0.4.0')],
      '0.2.0 known-good',
    ],
    ['has nowhere to go when all were tried', after(two), [...tried, print('0.2.0')], 'NoHistory'],
    [
      'knows nothing of what was tried and is gone',
      after(two),
      [...tried, 'template-gone'],
      '0.2.0 known-good',
    ],
  ];
  it.each(table)('%s', (_title, seen, fingerprints, expected) => {
    expect(chosen(seen, ...fingerprints)).toBe(expected);
  });

  it('says what there is when there is nowhere to go, and which newer versions to ask for by name', () => {
    const choice = chooseTarget(observed(one, [proved('0.4.0', 5, 14), two]), {
      kind: 'older-known-good',
      tried: [],
    });
    expect('message' in choice && choice.message).toBe(
      'deployment/master-orchestrator in namespace phoenix-orch has no older known-good version left to fall back to from 0.1.0; ' +
        'it has 0.1.0 (revision 1), 0.4.0 (revision 5), 0.2.0 (revision 2); ' +
        'known-good but newer, to be asked for: 0.4.0 (revision 5), 0.2.0 (revision 2)',
    );
  });

  it('is a rollback: the pin says nothing of a restore, and carries the baseline of its target', () => {
    const plan = planRollback(after(two), { kind: 'older-known-good', tried });
    expect(plan).toMatchObject({ changesNothing: false, basis: 'known-good', pin: { version: '0.2.0' } });
    expect(plan).not.toHaveProperty('pin.purpose');
  });
});

describe('restoring a snapshot', () => {
  const snapshot: SnapshotReference = {
    fingerprint: print('0.4.0'),
    version: '0.4.0',
    image: 'registry.example/phoenix-orch:v0.4.0',
    generation: 5,
    keptIn: 'replicaset/rs-5',
    uid: 'uid-5',
  };
  const copied = { ...snapshot, keptIn: 'configmap/master-orchestrator-snapshot-5', uid: 'uid-map' };
  const seen = observed(candidate('0.3.0', 6), [candidate('0.4.0', 5), candidate('0.2.0', 2)], {
    rolledBack: true,
  });
  const plan = (of: ObservedService, kept = snapshot) => {
    const planned = planRollback(of, { kind: 'snapshot', snapshot: kept });
    if ('problem' in planned) throw new Error(`${planned.problem}: ${planned.message}`);
    return planned;
  };

  it('pins the ReplicaSet of the history, and says that it restores', () => {
    expect(plan(seen)).toMatchObject({
      basis: 'snapshot',
      changesNothing: false,
      from: { version: '0.3.0' },
      to: { version: '0.4.0', revision: 5 },
      pin: {
        purpose: 'restore',
        source: { kind: 'replica-set', name: 'rs-5', uid: 'uid-5' },
        fingerprint: print('0.4.0'),
      },
    });
  });

  it('goes by the content: a ReplicaSet that was renumbered or made anew is as good', () => {
    const anew = candidate('0.4.0', 8, { formerRevisions: [5] });
    expect(plan(observed(candidate('0.3.0', 7), [anew])).pin).toMatchObject({ source: { uid: 'uid-8' } });
  });

  it('pins the ConfigMap when the history does not have it, and has it checked for', () => {
    const without = observed(candidate('0.3.0', 6), []);
    const { pin, to } = plan(without, copied);
    expect(pin).toEqual({
      target: 'kubernetes',
      workload: { namespace: 'phoenix-orch', name: 'master-orchestrator', uid: 'uid-deployment' },
      generation: 7,
      purpose: 'restore',
      source: { kind: 'config-map', name: 'master-orchestrator-snapshot-5', uid: 'uid-map' },
      fingerprint: print('0.4.0'),
      version: '0.4.0',
      image: snapshot.image,
    });
    expect(to).toMatchObject({ version: '0.4.0', revision: 0 });
    const choice = chooseTarget(without, { kind: 'snapshot', snapshot: copied });
    expect(choice).toMatchObject({ candidate: { references: [copied.keptIn] } });
  });

  it('changes nothing when it is live: a failed start was restored already', () => {
    expect(plan(observed(candidate('0.4.0', 5), [candidate('0.3.0', 3)]))).toMatchObject({
      basis: 'snapshot',
      changesNothing: true,
      pin: { source: { kind: 'live' } },
    });
  });

  it.each([
    ['the ReplicaSet that kept it is gone', snapshot, 'kubernetes'],
    ['Compose has no record of it', { ...snapshot, keptIn: '.runbook/app/snapshots/a.json' }, 'compose'],
  ] as const)('is a lost pin when %s', (_what, kept, target) => {
    const choice = chooseTarget(observed(candidate('0.3.0', 6), [], { target }), {
      kind: 'snapshot',
      snapshot: kept,
    });
    expect(choice).toMatchObject({ problem: 'PinLost' });
    expect('message' in choice && choice.message).toContain(
      `the snapshot of 0.4.0 (${kept.keptIn}) is not in`,
    );
  });
});
