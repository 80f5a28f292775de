import { createHash } from 'node:crypto';

/**
 * The digest of some content (OCI image spec, descriptor.md).
 * @param like a digest whose algorithm is used; without one, SHA-256.
 */
export function digestOfBytes(content: Uint8Array, like = 'sha256:'): string {
  const algorithm = like.slice(0, like.indexOf(':'));
  return `${algorithm}:${createHash(algorithm).update(content).digest('hex')}`;
}
