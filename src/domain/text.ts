import { holdsSecret } from './redact.ts';

/** No boundary in front: a URL may hide behind the punctuation of Markdown. */
const URL_SHAPE = /[a-z][a-z0-9+.-]{1,20}:\/\//i;

/** Control and format characters (Unicode Cc and Cf): terminal escapes of 7 and 8 bit, and bidirectional overrides. */
function hasControlCharacters(value: string): boolean {
  return /[\p{Cc}\p{Cf}]/u.test(value.replaceAll(/[\n\t\u200d]/g, ''));
}

/**
 * What is wrong with a text that people hand in, in words that follow the field's name; undefined when nothing is.
 * It is short, and neither an address nor a credential.
 *
 * @param limit longest text, in characters; a longer one is not even read
 */
export function textProblem(value: string, limit: number): string | undefined {
  if (value.length > limit) return `is longer than ${limit} characters`;
  if (URL_SHAPE.test(value)) return 'holds a URL; a request names things, addresses stand in runbook.yaml';
  if (holdsSecret(value)) return 'looks like a secret; a request never carries one';
  if (hasControlCharacters(value)) return 'holds control characters';
  return undefined;
}
