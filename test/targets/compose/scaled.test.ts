import { describe, expect, test } from 'vitest';
import {
  instanceCount,
  leftoversOf,
  toBeReplaced,
  withoutLeftBehind,
} from '../../../src/targets/compose/read/leftovers.ts';

const NUMBER = 'com.docker.compose.container-number';
const one = (name: string, number?: number, status = 'running') => ({
  id: name,
  name,
  status,
  running: status === 'running',
  labels: number === undefined ? {} : { [NUMBER]: String(number) },
});
const NEW = '3bf25f35a7cc_shop-app-1';

describe('what a broken recreate has left, and what was scaled', () => {
  test.each([
    { name: 'one container', found: [one('shop-app-1', 1)], left: [], count: 1 },
    { name: 'two of two', found: [one('shop-app-1', 1), one('shop-app-2', 2)], left: [], count: 2 },
    {
      name: 'the new one beside the old one',
      found: [one('shop-app-1', 1), one(NEW, 1, 'created')],
      left: [NEW],
      count: 1,
      ending: ['shop-app-1'],
    },
    { name: 'the new one alone, not renamed yet', found: [one(NEW, 1)], left: [], count: 1 },
    {
      name: 'the old one of the old program, renamed, beside the new one',
      found: [one(NEW, 1), one('shop-app-1', 1)],
      left: [NEW],
      count: 1,
      behind: 0,
      ending: ['shop-app-1'],
    },
    {
      name: 'one of two was replaced',
      found: [one('shop-app-1', 1), one('shop-app-2', 2), one(NEW, 1, 'created')],
      left: [NEW],
      count: 2,
      ending: ['shop-app-1'],
    },
    {
      name: 'the old one has ended by now',
      found: [one('shop-app-1', 1, 'exited'), one(NEW, 1, 'created')],
      left: [NEW],
      count: 1,
    },
    {
      name: 'a name of one’s own that begins so (container_name)',
      found: [one('3bf25f35a7cc_own', 1)],
      left: [],
      count: 1,
    },
    { name: 'no numbers at all', found: [one('a'), one(NEW, undefined, 'created')], left: [], count: 2 },
  ])('$name', ({ found, left, count, behind, ending = [] }) => {
    expect(leftoversOf(found).map(({ name }) => name)).toEqual(left);
    expect(toBeReplaced(found)).toEqual(ending);
    expect(instanceCount(found)).toBe(count);
    expect(withoutLeftBehind(found)).toHaveLength(found.length - (behind ?? left.length));
  });
});
