/** The key as a header value: visible ASCII, at most 255 characters. */
export function idempotencyHeader(key: string): Readonly<Record<string, string>> {
  const value = key.replace(/[^\x21-\x7e]/gu, (character) => encodeURIComponent(character.toWellFormed()));
  // Its end tells messages of one run apart, its beginning does not.
  return { 'idempotency-key': value.slice(-255) };
}
