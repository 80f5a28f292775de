import { expect, it } from 'vitest';
import { shortened } from '../../src/domain/shortened.ts';

it.each([
  ['abc', 3, 'abc'],
  ['abcdef', 5, 'ab…'],
  ['üüü', 6, 'üüü'],
  ['üüüü', 7, 'üü…'],
  ['😀😀', 7, '😀…'],
])('%s in %i bytes is %s', (text, limit, expected) => {
  expect(shortened(text, limit)).toBe(expected);
});
