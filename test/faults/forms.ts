import { it } from 'vitest';
import { EVERYTHING } from './rows.ts';

type Define = (title: string, run: () => Promise<void>, timeout?: number) => void;
const leftOut: Define = () => undefined;

/** The cases of a family that are gone through: all of them in the long form, one of three in the short one. */
export function inForm<T>(cases: readonly T[]): readonly T[] {
  return EVERYTHING ? cases : cases.filter((_, place) => place % 3 === 0);
}

/** Defines a test of the short form alone: in the long one it does not exist, and is no skipped test. */
export const inShort: Define = EVERYTHING ? leftOut : it;

/** Defines a test of the long form alone. */
export const inLong: Define = EVERYTHING ? it : leftOut;
