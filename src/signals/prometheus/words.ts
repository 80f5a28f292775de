import { oneLine } from '../../domain/redact.ts';

/** Enough of what Prometheus says to see what it means, in characters. */
const LONGEST = 200;
/** What stands where an address stood. */
const ADDRESS = '(address)';

const SHAPES = [
  // A name that was looked up, a URL, then host:port, an IPv6 address in brackets, and an IPv4 address.
  /(?<=\blookup )[\w.-]{1,250}/gi,
  /[a-z][a-z0-9+.-]{1,20}:\/\/[^\s"'<>]{1,2000}/gi,
  /\[[0-9a-f:.%]{2,60}\](?::\d{1,5})?/gi,
  /(?<![\w.-])(?=[\w.-]{0,250}[a-z])[\w-][\w.-]{0,250}:\d{2,5}(?!\w)/gi,
  // A name of at least three parts: of a host.
  /(?<![\w.-])(?:[\w-]{1,63}\.){2,10}[a-z]{2,24}(?![\w.])/gi,
  /(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?(?![\w.])/g,
];

/**
 * Words of Prometheus, or of what stands in front of it, for people: one line, cut, without secrets and addresses. What
 * answers for several servers names in its warnings the one that did not.
 */
export function wordsOf(text: string): string {
  // Read as far as oneLine does, and cut by it last: an address that is cut in the middle has lost its shape.
  const plain = SHAPES.reduce((left, shape) => left.replaceAll(shape, ADDRESS), text.slice(0, 4096));
  return oneLine(plain, LONGEST);
}
