import { describe, expect, it } from 'vitest';
import { describeWish, parseTarget, type TargetWish } from '../../../src/domain/versions/targets.ts';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

describe('the target of a request', () => {
  it.each([
    ['known-good', { kind: 'known-good' }],
    ['previous', { kind: 'previous' }],
    ['0.1.0', { kind: 'version', version: '0.1.0' }],
    ['v0.1.0', { kind: 'version', version: '0.1.0' }],
    [' v0.1.0 ', { kind: 'version', version: '0.1.0' }],
    ['2026-11-23.1', { kind: 'version', version: '2026-11-23.1' }],
    ['revision:6', { kind: 'revision', revision: 6 }],
    ['revision 6', { kind: 'revision', revision: 6 }],
    [DIGEST, { kind: 'digest', digest: DIGEST }],
  ])('%j is understood', (text, expected) => {
    expect(parseTarget(text)).toEqual(expected);
  });

  it.each([
    'latest',
    'LATEST',
    'canary',
    'Unreleased',
    '',
    'sha256:123',
    'revision:0',
    'a/b',
    'https://x',
    '-x',
    '../x',
  ])('%j is refused with a reason', (text) => {
    expect(parseTarget(text)).toHaveProperty('problem');
  });

  it.each(['known-good', 'previous', '0.1.0', 'revision:6', DIGEST])(
    '%j survives being described and read again',
    (text) => {
      const wish = parseTarget(text) as TargetWish;
      expect(parseTarget(describeWish(wish))).toEqual(wish);
    },
  );
});
