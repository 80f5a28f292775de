import { MASK } from '../domain/redact.ts';

/** Something shorter stands in honest answers too, by chance. In characters. */
const SHORTEST = 6;

/**
 * Masks, in what a service answers, the credential that it was sent. A service may say `the token … is not valid`, and
 * what it says goes into evidence, messages and records; a token need not have a shape by which it could be told.
 *
 * @param header value of `Authorization`: a scheme and the credential
 * @param others what else was sent and is secret
 */
export function maskSent(
  header: string | undefined,
  others: readonly string[] = [],
): (text: string) => string {
  const credentials = [header?.replace(/^\S+ /, '') ?? '', ...others];
  const written = new Set(credentials.filter((one) => one.length >= SHORTEST).flatMap(formsOf));
  if (written.size === 0) return (text) => text;
  return (text) => [...written].reduce((masked, one) => masked.replaceAll(one, MASK), text);
}

function formsOf(credential: string): readonly string[] {
  return [
    credential,
    encodeURIComponent(credential),
    credential.replaceAll('/', '\\/'),
    Buffer.from(credential).toString('base64'),
  ];
}
