import { describe, expect, it } from 'vitest';
import { planRollback } from '../../../../src/domain/versions/plan-rollback.ts';
import type { ObservedService, VersionCandidate } from '../../../../src/domain/versions/versions.ts';
import { current, history, local, REPOSITORY, recorded } from '../versions-known.ts';

const names = (versions: readonly VersionCandidate[]) => versions.map(({ version }) => version);
const since = Date.parse(current('v0.2.0').createdAt);
const isOlder = (version: VersionCandidate | undefined) => Date.parse(version?.createdAt ?? '') <= since;

describe('what is known of other versions', () => {
  it('what was seen running comes first, the last seen first, whatever its number', () => {
    const versions = history({
      recorded: [
        recorded('v0.1.0', '2026-11-01T00:00:00Z', 'passed'),
        recorded('v0.1.9', '2026-11-15T00:00:00Z'),
      ],
      local: [local('v0.1.5', '2026-11-09T00:00:00Z')],
    });
    expect(names(versions)).toEqual(['0.1.9', '0.1.0', '0.1.5']);
    expect(versions[1]?.evidence?.verdict).toBe('passed');
    expect(versions[0]?.source).toMatchObject({ kind: 'compose', known: 'snapshot', files: [] });
  });

  it('the current version is no other one', () => {
    expect(
      history({
        recorded: [recorded('v0.2.0', '2026-11-01T00:00:00Z', 'passed')],
        local: [local('v0.2.0', '2026-11-10T00:00:00Z')],
        tags: [
          { tag: 'v0.2.0', digest: 'sha256:v0.2.0' },
          { tag: 'release', digest: 'sha256:v0.2.0' },
        ],
      }),
    ).toEqual([]);
  });

  it('an image is one version, by whatever names it is known', () => {
    const versions = history({
      recorded: [recorded('v0.1.0', '2026-11-01T00:00:00Z', 'passed')],
      local: [local('v0.1.0', '2026-10-01T00:00:00Z'), local('v0.1.1', '2026-10-02T00:00:00Z')],
      tags: [
        { tag: 'v0.1.0' },
        { tag: 'also-0.1.0', digest: 'sha256:v0.1.0' },
        { tag: 'v0.1.1', digest: 'sha256:v0.1.1' },
      ],
    });
    expect(versions.map(({ version, source }) => [version, 'known' in source && source.known])).toEqual([
      ['0.1.0', 'evidence'],
      ['0.1.1', 'local-image'],
    ]);
  });

  it('a tag that leads elsewhere by now does not hide what was recorded under it', () => {
    const [version, ...rest] = history({
      recorded: [recorded('v0.1.0', '2026-11-01T00:00:00Z', 'passed')],
      tags: [{ tag: 'v0.1.0', digest: 'sha256:moved' }],
    });
    expect(version?.source).toMatchObject({ digest: 'sha256:v0.1.0' });
    expect(rest).toEqual([]);
  });

  it('of thousands of tags only the nearest are listed, and the recorded ones always', () => {
    const tags = Array.from({ length: 3000 }, (_, index) => ({ tag: `v0.1.${index}` }));
    const versions = history({ tags, recorded: [recorded('v0.0.1', '2026-11-01T00:00:00Z', 'passed')] });
    expect(names(versions).slice(0, 3)).toEqual(['0.0.1', '0.1.2999', '0.1.2998']);
    expect(versions).toHaveLength(21);
  });

  it.each(['latest', 'main', 'canary', 'Latest', '<none>'])('%s names no version', (tag) => {
    expect(history({ tags: [{ tag }], local: [local(tag, '2026-11-01T00:00:00Z')] })).toEqual([]);
  });

  it('an image that was never pushed is known by its ID', () => {
    const [version] = history({ local: [local('v0.1.0', '2026-11-01T00:00:00Z', { digests: [] })] });
    expect(version?.source).toEqual({
      kind: 'compose',
      known: 'local-image',
      image: `${REPOSITORY}:v0.1.0`,
      imageId: 'id-v0.1.0',
    });
  });
});

describe('an image that was never seen running', () => {
  it.each<[string, string, string, boolean]>([
    ['with a lower version, made before', 'v0.1.0', '2026-11-01T00:00:00Z', true],
    ['with a lower version, made after (a backport)', 'v0.1.9', '2026-11-15T00:00:00Z', false],
    ['with a higher version, made before', 'v0.3.0', '2026-11-01T00:00:00Z', false],
    ['with a higher version, made after', 'v0.3.0', '2026-11-15T00:00:00Z', false],
    ['with a lower version and no usable date', 'v0.1.0', '1970-01-01T00:00:00Z', true],
    ['with a higher version and no usable date', 'v0.3.0', '1980-01-01T00:00:00Z', false],
    ['with no version, made before', 'nightly-a', '2026-11-01T00:00:00Z', true],
    ['with no version, made after', 'nightly-b', '2026-11-15T00:00:00Z', false],
    ['with no version and no usable date', 'nightly-c', '1970-01-01T00:00:00Z', false],
    ['a release candidate of the current version', 'v0.2.0-rc.1', '2026-11-09T00:00:00Z', false],
    ['a variant of a lower version', 'v0.1.0-debug', '2026-11-01T00:00:00Z', false],
  ])('%s', (_title, tag, createdAt, older) => {
    expect(isOlder(history({ local: [local(tag, createdAt)] })[0])).toBe(older);
  });

  it('of the variant that runs is an earlier one of it', () => {
    const of = current('v0.2.0-alpine');
    const versions = history({ tags: [{ tag: 'v0.1.0' }, { tag: 'v0.1.0-alpine' }] }, of);
    expect(versions.map((version) => [version.version, isOlder(version)])).toEqual([
      ['0.1.0-alpine', true],
      ['0.1.0', false],
    ]);
  });

  it('in the registry alone is placed by its version', () => {
    const versions = history({
      tags: [{ tag: 'v0.3.0' }, { tag: 'v0.1.0' }, { tag: 'v0.1.10' }, { tag: 'abc' }],
    });
    expect(names(versions).slice(0, 2)).toEqual(['0.1.10', '0.1.0']);
    expect(versions.map(isOlder)).toEqual([true, true, false, false]);
  });
});

describe('the version that a rollback goes to', () => {
  const observed = (versions: readonly VersionCandidate[], of = current('v0.2.0')): ObservedService => ({
    target: 'compose',
    workload: 'service/app',
    namespace: 'phoenix',
    name: 'app',
    uid: 'uid',
    generation: 0,
    paused: false,
    replicas: 1,
    rolledBack: false,
    historyLimit: 50,
    current: of,
    history: versions,
    warnings: [],
    at: '2026-11-25T00:00:00Z',
  });

  it.each<[string, Parameters<typeof history>[0], string, string]>([
    [
      'the one with evidence, though another was seen later',
      {
        recorded: [
          recorded('v0.1.0', '2026-11-01T00:00:00Z', 'passed'),
          recorded('v0.1.9', '2026-11-15T00:00:00Z'),
        ],
      },
      '0.1.0',
      'known-good',
    ],
    [
      'a backport that ran before the current one, whatever their numbers and dates',
      { recorded: [recorded('v0.1.9', '2026-11-15T00:00:00Z', 'passed')] },
      '0.1.9',
      'known-good',
    ],
    [
      'without evidence the one seen before',
      {
        recorded: [recorded('v0.1.9', '2026-11-15T00:00:00Z')],
        tags: [{ tag: 'v0.1.99' }, { tag: 'v0.3.0' }],
      },
      '0.1.9',
      'previous-without-evidence',
    ],
    [
      'without anything seen the highest lower version of the registry',
      { tags: [{ tag: 'v0.1.0' }, { tag: 'v0.3.0' }, { tag: 'v0.1.1' }] },
      '0.1.1',
      'previous-without-evidence',
    ],
  ])('%s', (_title, known, version, basis) => {
    expect(planRollback(observed(history(known)), { kind: 'known-good' })).toMatchObject({
      to: { version },
      basis,
      pin: { target: 'compose', workload: { namespace: 'phoenix', name: 'app' }, changes: [] },
    });
  });

  it('is none when there are only newer ones', () => {
    const versions = history({ tags: [{ tag: 'v0.3.0' }] });
    expect(planRollback(observed(versions), { kind: 'known-good' })).toMatchObject({ problem: 'NoHistory' });
  });

  it('may be asked for though nothing is known of it', () => {
    expect(planRollback(observed([]), { kind: 'version', version: '0.0.7' })).toMatchObject({
      pin: { source: { kind: 'compose', known: 'asked', image: `${REPOSITORY}:v0.0.7` } },
      warnings: [expect.stringMatching(/0\.0\.7 has no recorded files: only the image changes/)],
    });
  });

  it('is found by the digest of its image', () => {
    const versions = history({ recorded: [recorded('v0.1.0', '2026-11-01T00:00:00Z', 'passed')] });
    const digest = 'sha256:v0.1.0';
    expect(planRollback(observed(versions), { kind: 'digest', digest })).toMatchObject({
      to: { version: '0.1.0' },
    });
  });

  it('tells two images apart that have the same name', () => {
    const moved = current('v0.2.0', { fingerprint: 'print-other', contentFingerprint: 'print-other' });
    const versions = history({ recorded: [recorded('v0.2.0', '2026-11-01T00:00:00Z', 'passed')] }, moved);
    const plan = planRollback(observed(versions, moved), { kind: 'known-good' });
    // Same digest and other files: only the files change, and the plan says so.
    expect(plan).toMatchObject({ warnings: [expect.stringMatching(/same image.*only its files change/)] });
  });
});
