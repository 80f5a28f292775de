import { describe, expect, it } from 'vitest';
import { quantityInNano } from '../../../../src/targets/kubernetes/template/quantity.ts';

describe('quantityInNano', () => {
  it.each([
    ['1Gi', '1024Mi'],
    ['1Gi', '1073741824'],
    ['0.5', '500m'],
    ['1', '1000m'],
    ['1k', '1e3'],
    ['1E', '1000P'],
    ['1E3', '1000'],
    ['100u', '0.0001'],
    ['.5', '0.50'],
    ['5.', '5'],
    ['-1', '-1000m'],
    ['0.1n', '1n'],
  ])('takes %s and %s for the same', (one, other) => {
    expect(quantityInNano(one)).toBeDefined();
    expect(quantityInNano(one)).toBe(quantityInNano(other));
  });

  it.each([
    ['1G', '1Gi'],
    ['1', '1k'],
    ['1m', '1M'],
    ['0', '1n'],
  ])('tells %s from %s', (one, other) => {
    expect(quantityInNano(one)).not.toBe(quantityInNano(other));
  });

  it.each(['', '.', 'Gi', '1Xi', '1 Gi', 'one', '1e', '--1', '1ki'])('finds no quantity in "%s"', (text) => {
    expect(quantityInNano(text)).toBeUndefined();
  });
});
