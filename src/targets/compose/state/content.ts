import type { Instant } from '../../../domain/json.ts';
import type { ComposeFilePin } from '../../../domain/versions/pins.ts';
import { isHash, isInstant, isObject, isOptionalText, isText } from './shape.ts';

/** What a version of the service is made of, so that it can be made again. */
export interface VersionContent {
  /** The image reference as the compose file had it. */
  readonly image: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
  /** ID of the image on the engine. */
  readonly imageId?: string;
  /** The files of the service; their bytes are kept under the hashes (`Contents`). */
  readonly files: readonly ComposeFilePin[];
  /** SHA-256 over the service's merged definition, without its image. */
  readonly definitionHash: string;
  /** The container that ran with these files, as it was started last: what is in it is not lost when they are written anew. */
  readonly container?: { readonly id: string; readonly startedAt: Instant };
  /** Secrets of which no hash is known, by when their files were changed. */
  readonly secrets?: readonly { readonly name: string; readonly writtenAt: Instant }[];
  /** When the version was first seen running. A later record of it keeps the earlier instant. */
  readonly firstSeenAt: Instant;
}

const KINDS: readonly ComposeFilePin['kind'][] = [
  'compose',
  'interpolation',
  'env-file',
  'config',
  'bind',
  'secret',
];

/** True when a value read from disk is what a version is made of. */
export function isVersionContent(value: unknown): value is VersionContent {
  return (
    isObject(value) &&
    isText(value.image) &&
    isText(value.repository) &&
    [value.tag, value.digest, value.imageId].every(isOptionalText) &&
    Array.isArray(value.files) &&
    value.files.every(isFilePin) &&
    isText(value.definitionHash) &&
    isInstant(value.firstSeenAt) &&
    (value.container === undefined || isContainer(value.container)) &&
    (value.secrets === undefined || (Array.isArray(value.secrets) && value.secrets.every(isSecretTime)))
  );
}

function isContainer(value: unknown): boolean {
  return isObject(value) && isText(value.id) && isInstant(value.startedAt);
}

function isSecretTime(value: unknown): boolean {
  return isObject(value) && isText(value.name) && isInstant(value.writtenAt);
}

function isFilePin(value: unknown): value is ComposeFilePin {
  return (
    isObject(value) && isText(value.path) && isHash(value.sha256) && KINDS.some((kind) => kind === value.kind)
  );
}
