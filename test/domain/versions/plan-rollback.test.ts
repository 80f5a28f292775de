import { describe, expect, it } from 'vitest';
import { chooseTarget } from '../../../src/domain/versions/choice/choose-target.ts';
import { planRollback } from '../../../src/domain/versions/plan-rollback.ts';
import { parseTarget, type TargetWish } from '../../../src/domain/versions/targets.ts';
import type { ObservedService } from '../../../src/domain/versions/versions.ts';
import { candidate, evidence, observed } from '../observed.ts';

const wish = (text: string) => parseTarget(text) as TargetWish;
const chosen = (seen: ObservedService, target: string) => {
  const choice = chooseTarget(seen, wish(target));
  return 'problem' in choice ? choice.problem : `${choice.candidate.version} ${choice.basis}`;
};
/** @param created the number that it was made under, when a rollback has renumbered it since. */
const proved = (version: string, revision: number, at: string, created = revision) =>
  candidate(version, revision, {
    evidence: evidence(version, at),
    createdAt: candidate(version, created).createdAt,
  });
/** Of a version that was proved and whose ReplicaSet is gone. */
const kept = (version: string, revision: number) => ({
  ...proved(version, revision, '2026-11-01T00:00:00Z'),
  source: { kind: 'pod-template' as const, name: `master-orchestrator-known-good-${revision}`, uid: 'uid' },
});
/** As `kubectl rollout restart` makes it: other annotations, the same content. */
const restartOf = (version: string, revision: number) =>
  candidate(version, revision, { fingerprint: `restarted-${version}` });

describe('which version a wish selects', () => {
  const bad = candidate('0.3.0', 9);
  const table: [string, ObservedService, string, string][] = [
    [
      'known-good is the version proved last, not the one before',
      observed(bad, [candidate('0.2.0', 8), proved('0.1.0', 6, '2026-11-01T00:00:00Z')]),
      'known-good',
      '0.1.0 known-good',
    ],
    [
      'of two known-good versions the one proved later',
      observed(bad, [proved('0.2.0', 8, '2026-11-02T00:00:00Z'), proved('0.1.0', 6, '2026-11-09T00:00:00Z')]),
      'known-good',
      '0.1.0 known-good',
    ],
    [
      'evidence that failed makes no version known-good',
      observed(bad, [
        candidate('0.2.0', 8, { evidence: evidence('0.2.0', '2026-11-09T00:00:00Z', { verdict: 'failed' }) }),
        proved('0.1.0', 6, '2026-11-01T00:00:00Z'),
      ]),
      'known-good',
      '0.1.0 known-good',
    ],
    [
      'inconclusive evidence makes no version known-good',
      observed(bad, [
        candidate('0.2.0', 8, {
          evidence: evidence('0.2.0', '2026-11-09T00:00:00Z', { verdict: 'inconclusive' }),
        }),
      ]),
      'known-good',
      '0.2.0 previous-without-evidence',
    ],
    [
      'without any evidence the previous version, and the plan says so',
      observed(bad, [candidate('0.2.0', 8), candidate('0.1.0', 6)]),
      'known-good',
      '0.2.0 previous-without-evidence',
    ],
    [
      'a current version that passed when it was deployed is not the target: somebody found it bad since',
      observed(proved('0.3.0', 9, '2026-11-10T00:00:00Z'), [proved('0.2.0', 8, '2026-11-02T00:00:00Z')]),
      'known-good',
      '0.2.0 known-good',
    ],
    [
      'a second rollback does not go forward to the bad version again',
      observed(
        candidate('0.2.0', 10, {
          evidence: evidence('0.2.0', '2026-11-10T00:00:00Z', { provedBy: 'rollback' }),
        }),
        [candidate('0.3.0', 9)],
      ),
      'known-good',
      '0.2.0 known-good',
    ],
    [
      'nor when the evidence of that rollback was overwritten by a later verification',
      observed(proved('0.2.0', 10, '2026-11-10T00:00:00Z'), [candidate('0.3.0', 9)], { rolledBack: true }),
      'known-good',
      '0.2.0 known-good',
    ],
    [
      'nor when the first rollback was not proved',
      observed(candidate('0.2.0', 10), [candidate('0.3.0', 9), candidate('0.1.0', 6)], { rolledBack: true }),
      'known-good',
      '0.2.0 rolled-back-before',
    ],
    [
      'nor when the version that the rollback proved was restarted since',
      observed(restartOf('0.2.0', 11), [
        candidate('0.2.0', 10, {
          evidence: evidence('0.2.0', '2026-11-10T00:00:00Z', { provedBy: 'rollback' }),
        }),
        candidate('0.3.0', 9),
      ]),
      'known-good',
      '0.2.0 known-good',
    ],
    [
      'a restart of the bad release is not its known-good version',
      observed(restartOf('0.3.0', 9), [
        proved('0.3.0', 8, '2026-11-09T00:00:00Z'),
        proved('0.2.0', 7, '2026-11-02T00:00:00Z'),
      ]),
      'known-good',
      '0.2.0 known-good',
    ],
    [
      'nor the version before it',
      observed(restartOf('0.3.0', 9), [candidate('0.3.0', 8), candidate('0.2.0', 7)]),
      'known-good',
      '0.2.0 previous-without-evidence',
    ],
    [
      'of two good versions and a bad one the second',
      observed(candidate('0.3.0', 3), [
        proved('0.2.0', 2, '2026-11-02T00:00:00Z'),
        proved('0.1.0', 1, '2026-11-01T00:00:00Z'),
      ]),
      'known-good',
      '0.2.0 known-good',
    ],
    [
      'and it stays when asked again',
      observed(
        proved('0.2.0', 4, '2026-11-02T00:00:00Z', 2),
        [candidate('0.3.0', 3), proved('0.1.0', 1, '2026-11-01T00:00:00Z')],
        { rolledBack: true },
      ),
      'known-good',
      '0.2.0 known-good',
    ],
    [
      'after an undo by hand it goes back, not forward to the release that was undone',
      observed(proved('0.2.0', 4, '2026-11-02T00:00:00Z', 2), [
        proved('0.3.0', 3, '2026-11-03T00:00:00Z'),
        proved('0.1.0', 1, '2026-11-01T00:00:00Z'),
      ]),
      'known-good',
      '0.1.0 known-good',
    ],
    [
      'an undo by hand to the oldest version leaves nothing to go back to',
      observed(proved('0.1.0', 3, '2026-11-01T00:00:00Z', 1), [candidate('0.2.0', 2)]),
      'known-good',
      'NoHistory',
    ],
    [
      'a version that was undone since is passed over though it was proved last: somebody found it bad',
      observed(candidate('0.3.0', 4), [
        proved('0.1.0', 3, '2026-11-01T00:00:00Z', 1),
        proved('0.2.0', 2, '2026-11-02T00:00:00Z'),
      ]),
      'known-good',
      '0.1.0 known-good',
    ],
    [
      'even when it is the only one with proof',
      observed(candidate('0.3.0', 4), [
        candidate('0.1.0', 3, { createdAt: candidate('0.1.0', 1).createdAt }),
        proved('0.2.0', 2, '2026-11-02T00:00:00Z'),
      ]),
      'known-good',
      '0.1.0 previous-without-evidence',
    ],
    [
      'even when the one that was gone back to has failed: a person is asked',
      observed(candidate('0.3.0', 4), [
        candidate('0.1.0', 3, {
          createdAt: candidate('0.1.0', 1).createdAt,
          failure: evidence('0.1.0', '2026-11-04T00:00:00Z', { verdict: 'failed' }),
        }),
        proved('0.2.0', 2, '2026-11-02T00:00:00Z'),
      ]),
      'known-good',
      'NoHistory',
    ],
    [
      'a restart of the one that was gone back to says so too',
      observed(candidate('0.3.0', 5), [
        restartOf('0.1.0', 4),
        candidate('0.1.0', 1),
        proved('0.2.0', 2, '2026-11-02T00:00:00Z'),
      ]),
      'known-good',
      '0.1.0 previous-without-evidence',
    ],
    [
      'a version that was undone and came back is not passed over',
      observed(candidate('0.3.0', 5), [
        proved('0.2.0', 4, '2026-11-02T00:00:00Z', 2),
        proved('0.1.0', 3, '2026-11-01T00:00:00Z', 1),
      ]),
      'known-good',
      '0.2.0 known-good',
    ],
    [
      'a proved version that the history has lost, by the template that was kept of it',
      observed(bad, [candidate('0.2.0', 8), kept('0.1.0', 6)]),
      'known-good',
      '0.1.0 known-good',
    ],
    [
      'previous is of the history alone, as for kubectl',
      observed(bad, [kept('0.2.0', 8), candidate('0.1.0', 6)]),
      'previous',
      '0.1.0 asked',
    ],
    ['and none where there is no history', observed(bad, [kept('0.2.0', 8)]), 'previous', 'NoHistory'],
    [
      'an undo within the second in which both were released is known by their numbers',
      observed(candidate('0.1.0', 3, { createdAt: '2026-11-01T00:00:00Z', formerRevisions: [1] }), [
        candidate('0.2.0', 2, { createdAt: '2026-11-01T00:00:00Z' }),
      ]),
      'known-good',
      'NoHistory',
    ],
    [
      'without any evidence nothing younger than the current version',
      observed(candidate('0.2.0', 4, { createdAt: '2026-11-02T00:00:00Z' }), [
        candidate('0.3.0', 3),
        candidate('0.1.0', 1),
      ]),
      'known-good',
      '0.1.0 previous-without-evidence',
    ],
    [
      'a restart makes the current version no younger',
      observed(restartOf('0.2.0', 9), [candidate('0.3.0', 8), candidate('0.2.0', 7), candidate('0.1.0', 6)]),
      'known-good',
      '0.1.0 previous-without-evidence',
    ],
    [
      'previous may be younger: it is the newest revision with other content',
      observed(candidate('0.2.0', 4, { createdAt: '2026-11-02T00:00:00Z' }), [
        candidate('0.3.0', 3),
        candidate('0.1.0', 1),
      ]),
      'previous',
      '0.3.0 asked',
    ],
    [
      'previous skips a restart of the same bad release',
      observed(bad, [
        candidate('0.3.0', 8, { fingerprint: 'restarted', contentFingerprint: 'content-0.3.0' }),
        candidate('0.2.0', 7),
      ]),
      'previous',
      '0.2.0 asked',
    ],
    ['a history with gaps is no trouble', observed(bad, [candidate('0.1.0', 2)]), 'previous', '0.1.0 asked'],
    ['no history at all', observed(bad, []), 'known-good', 'NoHistory'],
    ['no history for previous', observed(bad, []), 'previous', 'NoHistory'],
    [
      'a version, with or without v',
      observed(bad, [candidate('0.2.0', 8), candidate('0.1.0', 6)]),
      'v0.1.0',
      '0.1.0 asked',
    ],
    [
      'a revision',
      observed(bad, [candidate('0.2.0', 8), candidate('0.1.0', 6)]),
      'revision:6',
      '0.1.0 asked',
    ],
    [
      'a revision that a rollback has renumbered since',
      observed(bad, [candidate('0.1.0', 8, { formerRevisions: [2, 4] })]),
      'revision:4',
      '0.1.0 asked',
    ],
    ['a revision that never was', observed(bad, [candidate('0.2.0', 8)]), 'revision:5', 'TargetNotFound'],
    [
      'a version beyond the history: an explicit image',
      observed(bad, [candidate('0.2.0', 8)]),
      '0.0.9',
      '0.0.9 asked',
    ],
  ];
  it.each(table)('%s', (_title, seen, target, expected) => {
    expect(chosen(seen, target)).toBe(expected);
  });

  it('finds a digest in the image reference', () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const pinned = candidate('0.1.0', 6, { image: `registry.example/phoenix-orch@${digest}` });
    expect(chosen(observed(bad, [candidate('0.2.0', 8), pinned]), digest)).toBe('0.1.0 asked');
  });

  it('finds a digest in the image ID that the evidence recorded', () => {
    const digest = `sha256:${'b'.repeat(64)}`;
    const known = candidate('0.1.0', 6, {
      evidence: evidence('0.1.0', '2026-11-01T00:00:00Z', {
        imageId: `registry.example/phoenix-orch@${digest}`,
      }),
    });
    expect(chosen(observed(bad, [candidate('0.2.0', 8), known]), digest)).toBe('0.1.0 asked');
  });

  it.each<[string, ObservedService, RegExp, string?]>([
    ['that there is nothing at all', observed(bad, []), /has no earlier version in its history/],
    [
      'which newer versions there are',
      observed(candidate('0.1.0', 3, { createdAt: '2026-11-01T00:00:00Z' }), [candidate('0.2.0', 2)]),
      /no version older than 0\.1\.0 .*only newer ones, to be asked for: 0\.2\.0 \(revision 2\)$/,
    ],
    [
      'which ones were kept beyond a history that is empty',
      observed(bad, [kept('0.1.0', 6)]),
      /no earlier version in its own history; ask for known-good, or for one of those that were kept: 0\.1\.0 \(revision 6\)$/,
      'previous',
    ],
    [
      'which older ones there are, and what speaks against each',
      observed(candidate('0.3.0', 4), [
        candidate('0.1.0', 3, {
          createdAt: candidate('0.1.0', 1).createdAt,
          failure: evidence('0.1.0', '2026-11-04T00:00:00Z', { verdict: 'failed' }),
        }),
        candidate('0.2.0', 2),
      ]),
      /no version older than 0\.3\.0 that was neither seen to fail nor undone; .* 0\.1\.0 \(revision 3\) \(seen to fail at 2026-11-04T00:00:00Z\), 0\.2\.0 \(revision 2\) \(undone: 0\.1\.0 \(revision 3\), which is older, was live after it\)$/,
    ],
  ])('says, when there is no target, %s', (_what, seen, expected, target = 'known-good') => {
    const choice = chooseTarget(seen, wish(target));
    expect('message' in choice && choice.message).toMatch(expected);
  });

  it('names what the history has when the target is not there', () => {
    const choice = chooseTarget(observed(bad, [candidate('0.2.0', 8)]), wish('revision:5'));
    expect('message' in choice && choice.message).toContain('0.3.0 (revision 9), 0.2.0 (revision 8)');
  });
});

describe('the plan', () => {
  const seen = observed(candidate('0.2.0', 7), [proved('0.1.0', 6, '2026-11-01T00:00:00Z')]);
  const plan = (target: string, of = seen) => {
    const planned = planRollback(of, wish(target));
    if ('problem' in planned) throw new Error(planned.message);
    return planned;
  };

  it('pins template, owner uid and generation', () => {
    expect(plan('known-good').pin).toEqual({
      target: 'kubernetes',
      workload: { namespace: 'phoenix-orch', name: 'master-orchestrator', uid: 'uid-deployment' },
      generation: 7,
      source: { kind: 'replica-set', name: 'rs-6', uid: 'uid-6', podTemplateHash: 'hash-6' },
      fingerprint: 'template-0.1.0',
      version: '0.1.0',
      image: 'registry.example/phoenix-orch:v0.1.0',
    });
  });

  it('changes nothing when the target is already there', () => {
    const { changesNothing, pin } = plan('0.2.0');
    expect(changesNothing).toBe(true);
    expect(pin.source).toEqual({ kind: 'live' });
  });

  it('takes the tag style of the repository for a version that the history does not have', () => {
    expect(plan('0.0.9').pin.source).toEqual({
      kind: 'image',
      container: 'master-orchestrator',
      image: 'registry.example/phoenix-orch:v0.0.9',
    });
    const bare = observed(candidate('0.2.0', 7, { image: 'registry.example:5000/phoenix-orch:0.2.0' }), []);
    expect(plan('0.0.9', bare).pin.image).toBe('registry.example:5000/phoenix-orch:0.0.9');
  });

  it('pins an unknown digest by itself', () => {
    const digest = `sha256:${'c'.repeat(64)}`;
    expect(plan(digest).pin.image).toBe(`registry.example/phoenix-orch@${digest}`);
  });

  it('says that config stays when only the image changes', () => {
    expect(plan('0.0.9').warnings.join()).toContain('only the image changes');
  });

  it('stays at what an earlier rollback put there, and says how to go on from it', () => {
    const restored = candidate('0.1.0', 8, { createdAt: '2026-11-01T00:00:00Z' });
    const again = plan('known-good', observed(restored, [candidate('0.2.0', 7)], { rolledBack: true }));
    expect(again).toMatchObject({ changesNothing: true, pin: { source: { kind: 'live' } } });
    expect(again.warnings).toEqual([
      expect.stringMatching(/ask for a version, or for previous \(now 0\.2\.0\)/),
    ]);
  });

  it('shows the proof of the content when a restart has changed the template since', () => {
    const at = '2026-11-01T00:00:00Z';
    const again = observed(restartOf('0.1.0', 8), [proved('0.1.0', 6, at)], { rolledBack: true });
    expect(plan('known-good', again)).toMatchObject({ changesNothing: true, verifiedAt: at });
  });

  it('does not say that no version has evidence when a newer one has', () => {
    const undone = observed(candidate('0.2.0', 7), [
      proved('0.3.0', 8, '2026-11-08T00:00:00Z'),
      candidate('0.1.0', 6),
    ]);
    expect(plan('known-good', undone).warnings.join()).toContain('no older version has known-good evidence');
  });

  it('says that the previous version is only the one before', () => {
    const unproved = observed(candidate('0.2.0', 7), [candidate('0.1.0', 6)]);
    expect(plan('known-good', unproved).warnings.join()).toContain('no version has known-good evidence');
  });

  it('says when the target failed its own last verification', () => {
    const failed = candidate('0.1.0', 6, {
      evidence: evidence('0.1.0', '2026-11-01T00:00:00Z', { verdict: 'failed' }),
    });
    expect(plan('0.1.0', observed(candidate('0.2.0', 7), [failed])).warnings.join()).toContain(
      '0.1.0 was seen to fail at 2026-11-01T00:00:00Z',
    );
  });

  it('names the version that was proved last and undone since', () => {
    const undone = observed(candidate('0.3.0', 4), [
      proved('0.1.0', 3, '2026-11-01T00:00:00Z', 1),
      proved('0.2.0', 2, '2026-11-02T00:00:00Z'),
    ]);
    expect(plan('known-good', undone).warnings).toContain(
      '0.2.0 (revision 2) was proved last and is no default target: it was undone: 0.1.0 (revision 3), which is older, was live after it',
    );
    expect(plan('0.2.0', undone).warnings.join()).not.toContain('undone');
  });

  it('carries the baseline of the target', () => {
    const checks = { chat: { verdict: 'failed' as const, summary: 'x', values: {} } };
    const known = candidate('0.1.0', 6, { evidence: evidence('0.1.0', '2026-11-01T00:00:00Z', { checks }) });
    expect(plan('0.1.0', observed(candidate('0.2.0', 7), [known])).baseline).toEqual(checks);
  });

  it.each(['failed', 'inconclusive'] as const)(
    'does not excuse the failures of a target whose own verification ended %s: it was never known-good',
    (verdict) => {
      const health = { verdict: 'passed' as const, summary: 'x', values: { model: 'known' } };
      const chat = { verdict: 'failed' as const, summary: 'x', values: {} };
      const agents = { verdict: 'inconclusive' as const, summary: 'x', values: {} };
      const unproved = candidate('0.1.0', 6, {
        evidence: evidence('0.1.0', '2026-11-01T00:00:00Z', { verdict, checks: { health, chat, agents } }),
      });
      const { baseline } = plan('0.1.0', observed(candidate('0.2.0', 7), [unproved]));
      expect(baseline).toEqual({ health });
    },
  );

  it('is the same for the same observation', () => {
    expect(JSON.stringify(plan('known-good'))).toBe(JSON.stringify(plan('known-good')));
  });
});
