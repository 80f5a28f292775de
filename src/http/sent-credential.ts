import { MASK } from '../domain/redact.ts';

/** Something shorter stands in honest answers too, by chance. In characters. */
const SHORTEST = 6;

/**
 * Masks, in what a service answers, the credential that it was sent. A service may say `the token … is not valid`, and
 * what it says goes into evidence, messages and records; a token need not have a shape by which it could be told.
 *
 * @param header value of `Authorization`: a scheme and the credential
 */
export function maskSent(header: string | undefined): (text: string) => string {
  const credential = header?.replace(/^\S+ /, '') ?? '';
  if (credential.length < SHORTEST) return (text) => text;
  const written = new Set([
    credential,
    encodeURIComponent(credential),
    credential.replaceAll('/', '\\/'),
    Buffer.from(credential).toString('base64'),
  ]);
  return (text) => [...written].reduce((masked, one) => masked.replaceAll(one, MASK), text);
}
