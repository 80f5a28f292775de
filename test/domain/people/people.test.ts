import { describe, expect, it } from 'vitest';
import { isSamePerson } from '../../../src/domain/people/people.ts';

describe('the names of people', () => {
  it.each([
    ['ada', 'Ada'],
    ['ada', ' ada\n'],
    ['ada lovelace', 'Ada  Lovelace'],
    ['ada', 'ad\u200da'],
    ['Zoë', 'Zoe\u0308'],
    ['ada', 'ａｄａ'],
  ])('%j and %j mean one person', (one, other) => {
    expect(isSamePerson(one, other)).toBe(true);
    expect(isSamePerson(other, one)).toBe(true);
  });

  it.each([
    ['ada', 'grace'],
    ['ada', 'adam'],
    ['ada lovelace', 'adalovelace'],
    ['Zoë', 'Zoe'],
    ['ada', ''],
  ])('%j and %j mean two', (one, other) => {
    expect(isSamePerson(one, other)).toBe(false);
  });
});
