import { describe, expect, it } from 'vitest';
import { namesOf, type PlannedVersion } from '../../../src/domain/versions/plan.ts';
import { planRollback } from '../../../src/domain/versions/plan-rollback.ts';
import { candidate, observed } from '../observed.ts';

const [ONE, TWO] = ['1', '2'].map((digit) => `sha256:${digit.repeat(64)}`) as [string, string];
const side = (version: string, change: Partial<PlannedVersion> = {}): PlannedVersion => ({
  version,
  image: `phoenix-orch:${version}`,
  revision: 0,
  fingerprint: 'f',
  ...change,
});

describe('the names of both sides of a plan', () => {
  it.each<[string, PlannedVersion, PlannedVersion, string]>([
    ['are the versions', side('0.2.0', { digest: TWO }), side('0.1.0', { digest: ONE }), '0.2.0 -> 0.1.0'],
    [
      'K10 have the digests where two versions have one tag',
      side('latest', { digest: TWO, revision: 2 }),
      side('latest', { digest: ONE, revision: 1 }),
      'latest @sha256:222222222222 -> latest @sha256:111111111111',
    ],
    [
      'have the numbers where the image is the same',
      side('0.2.0', { digest: ONE, revision: 4 }),
      side('0.2.0', { digest: ONE, revision: 3 }),
      '0.2.0 (revision 4) -> 0.2.0 (revision 3)',
    ],
    [
      'have the ids where there are no numbers',
      side('0.2.0', { id: 'a'.repeat(64) }),
      side('0.2.0', { id: 'b'.repeat(64) }),
      '0.2.0 (id aaaaaaaaaaaa) -> 0.2.0 (id bbbbbbbbbbbb)',
    ],
    [
      'are plain where both are the same',
      side('0.2.0', { revision: 4 }),
      side('0.2.0', { revision: 4 }),
      '0.2.0 -> 0.2.0',
    ],
    [
      'are plain where nothing tells them apart',
      side('0.2.0', { digest: ONE }),
      side('0.2.0'),
      '0.2.0 -> 0.2.0',
    ],
  ])('%s', (_what, from, to, expected) => {
    const names = namesOf({ from, to });
    expect(`${names.from} -> ${names.to}`).toBe(expected);
  });

  it('K10 come from the image references of the history', () => {
    const at = (digest: string, revision: number) =>
      candidate('latest', revision, {
        image: `phoenix-orch:latest@${digest}`,
        fingerprint: digest,
        contentFingerprint: digest,
      });
    const plan = planRollback(observed(at(TWO, 2), [at(ONE, 1)]), { kind: 'known-good' });
    if ('problem' in plan) throw new Error(plan.message);
    expect(namesOf(plan)).toEqual({ from: 'latest @sha256:222222222222', to: 'latest @sha256:111111111111' });
  });
});
