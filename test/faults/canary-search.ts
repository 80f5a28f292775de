import { randomBytes } from 'node:crypto';

/** A secret of this test run that stands in one place alone. */
export interface Canary {
  /** Where it was put: `auth bearer, env`. */
  readonly place: string;
  readonly value: string;
  /** What is looked for: parts of it, as they are and encoded. A cut or masked repetition is found too. */
  readonly traces: readonly string[];
}

/** A text that must not hold a secret. */
export interface Evidence {
  /** `history of rollback/1`. */
  readonly where: string;
  readonly text: string;
}

/**
 * Makes canaries. The value has the shape of no known credential, so that nothing masks it by its looks, and signs
 * that are written otherwise in addresses.
 */
export function canary(place: string, form: 'token' | 'host label' = 'token'): Canary {
  const parts = [0, 1].map(() => `q${randomBytes(7).toString('hex')}v`);
  const value = parts.join(form === 'token' ? '+/' : '-');
  return { place, value, traces: parts.flatMap((part) => [part, ...encodings(part)]) };
}

/** Base64 at each of the three places in a group of bytes where it may begin, and hexadecimal digits. */
function encodings(part: string): readonly string[] {
  const shifted = [0, 1, 2].map((shift) => {
    const whole = Buffer.from(`${'x'.repeat(shift)}${part}`)
      .toString('base64')
      .replace(/=+$/, '');
    // The first and last digit hold bits of the neighbours.
    return whole.slice(shift === 0 ? 0 : shift + 1, -1);
  });
  return [...shifted, Buffer.from(part).toString('hex')];
}

/** Where a canary was found: `auth bearer, env: in history of rollback/1: …`. */
export function findings(canaries: readonly Canary[], evidence: readonly Evidence[]): readonly string[] {
  return canaries.flatMap(({ place, traces }) =>
    evidence.flatMap(({ where, text }) => {
      const at = traces
        .map((trace) => text.toLowerCase().indexOf(trace.toLowerCase()))
        .find((index) => index >= 0);
      return at === undefined ? [] : [`${place}: in ${where}: ${text.slice(Math.max(0, at - 80), at + 40)}`];
    }),
  );
}

/** Every text and every byte of an object of the Temporal API, as texts. */
export function everythingIn(value: unknown): string {
  const parts: string[] = [];
  const seen = new Set<unknown>();
  const collect = (part: unknown): void => {
    if (typeof part === 'string') parts.push(part);
    else if (part instanceof Uint8Array) parts.push(Buffer.from(part).toString('utf8'));
    else if (typeof part === 'object' && part !== null && !seen.has(part)) {
      seen.add(part);
      for (const [key, inner] of Object.entries(part)) {
        parts.push(key);
        collect(inner);
      }
    }
  };
  collect(value);
  return parts.join('\n');
}
