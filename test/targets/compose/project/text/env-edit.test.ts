import { describe, expect, it } from 'vitest';
import {
  variablesChanged,
  withVariablesOf,
} from '../../../../../src/targets/compose/project/text/env-edit.ts';

describe('variables of an env file as they were in another one', () => {
  it.each([
    ['a value', 'A=new\nB=2\n', 'A=old\nB=1\n', ['A'], 'A=old\nB=2\n'],
    [
      'a value with its quotes and comment',
      'A=new\n',
      'export A="old" # why\n',
      ['A'],
      'export A="old" # why\n',
    ],
    ['a value of several lines', 'X=1\nA=new\nY=2\n', 'A="old\nmore"\n', ['A'], 'X=1\nA="old\nmore"\nY=2\n'],
    ['one that is gone', 'B=2\n', 'A=old\n', ['A'], 'B=2\nA=old\n'],
    ['one that is gone, behind a last line without an end', 'B=2', 'A=old', ['A'], 'B=2\nA=old'],
    ['one that was not there', '# first\nA=new\nB=2\n', 'B=1\n', ['A'], '# first\nB=2\n'],
    ['the last of two lines of one name', 'A=1\nA=new\n', 'A=old\n', ['A'], 'A=1\nA=old\n'],
    ['several', 'A=new\nC=3\nB=new\n', 'A=old\nB=old\n', ['A', 'B'], 'A=old\nC=3\nB=old\n'],
    ['an empty value', 'A=new\n', 'A=\n', ['A'], 'A=\n'],
    ['Windows line ends', 'A=new\r\nB=2\r\n', 'A=old\r\n', ['A'], 'A=old\r\nB=2\r\n'],
    [
      'a value in a file without an end of line before others',
      'A=new\nB=2\n',
      'A=old',
      ['A'],
      'A=old\nB=2\n',
    ],
  ])('take back %s', (_what, now, then, names, after) => {
    expect(variablesChanged(now, then, names)).toEqual(names);
    expect(withVariablesOf(now, then, names)).toBe(after);
  });

  it('are the same where only comments, order or blank lines differ', () => {
    expect(variablesChanged('# c\n\nB=2\nA=1 # x\n', 'A=1\nB=2\n', ['A', 'B'])).toEqual([]);
  });

  it('differ where single quotes keep a dollar sign from being a variable', () => {
    expect(variablesChanged("A='$B'\n", 'A=$B\n', ['A'])).toEqual(['A']);
  });
});
