import { createHash } from 'node:crypto';

/** SHA-256 of the bytes, or of the text in UTF-8. @returns 64 hexadecimal digits. */
export function contentHash(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}
