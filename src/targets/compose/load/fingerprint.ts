import { createHash } from 'node:crypto';
import type { ComposeFilePin } from '../../../domain/versions/pins.ts';

/** What makes a version of a Compose service. */
export interface VersionParts {
  /** The digest where the image has one, so that the same image is the same version on every engine. */
  readonly digest?: string;
  readonly imageId?: string;
  readonly definitionHash: string;
  readonly files: readonly ComposeFilePin[];
}

/** Files whose whole content is config. Of the other kinds the definition's hash holds what concerns the service. */
const WHOLE: readonly ComposeFilePin['kind'][] = ['env-file', 'config', 'bind', 'secret'];

/** SHA-256, in hexadecimal digits, over image, definition and config files: the identity of a version. */
export function fingerprintOf({ digest, imageId, definitionHash, files }: VersionParts): string {
  const contents = files
    .filter(({ kind }) => WHOLE.includes(kind))
    .map(({ path, sha256 }) => `${path} ${sha256}`)
    .sort();
  const parts = [digest ?? imageId ?? '', definitionHash, ...contents];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
