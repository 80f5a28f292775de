import { closest } from '../closest.ts';
import type { SnapshotReference } from './pins.ts';
import { isMovingTag, normaliseVersion } from './versions.ts';

/** What the request asks to return to. */
export type TargetWish =
  | { readonly kind: 'known-good' }
  | { readonly kind: 'previous' }
  /** The newest proof among the versions that are neither live nor tried: what falls back further. */
  | { readonly kind: 'older-known-good'; readonly tried: readonly string[] }
  /** What was live before the run changed it. */
  | { readonly kind: 'snapshot'; readonly snapshot: SnapshotReference }
  | { readonly kind: 'version'; readonly version: string }
  | { readonly kind: 'revision'; readonly revision: number }
  | { readonly kind: 'digest'; readonly digest: string }
  /** The beginning of a version's id: tells versions of one name apart. */
  | { readonly kind: 'id'; readonly id: string };

/**
 * Reads the `target` field of a request: `known-good`, `previous`, `0.1.0` or `v0.1.0`, `revision:6`,
 * `sha256:<64 hex digits>`, `id:<12 hex digits or more>`. Returns a sentence when it is none of them.
 */
export function parseTarget(text: string): TargetWish | { readonly problem: string } {
  const wish = text.trim();
  if (wish === 'known-good' || wish === 'previous') return { kind: wish };
  const revision = /^revision[: ](\d{1,9})$/.exec(wish);
  if (revision) {
    const number = Number(revision[1]);
    return number > 0 ? { kind: 'revision', revision: number } : { problem: 'a revision counts from 1' };
  }
  if (wish.startsWith('sha256:')) {
    return /^sha256:[0-9a-f]{64}$/.test(wish)
      ? { kind: 'digest', digest: wish }
      : { problem: 'a digest is sha256: and 64 lowercase hexadecimal digits' };
  }
  if (wish.startsWith('id:')) {
    const id = wish.slice('id:'.length);
    return /^[0-9a-f]{12,64}$/.test(id)
      ? { kind: 'id', id }
      : { problem: 'the id of a version is id: and 12 to 64 lowercase hexadecimal digits' };
  }
  if (isMovingTag(wish)) {
    return { problem: `"${wish}" names no version: its content moves` };
  }
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(wish))
    return { kind: 'version', version: normaliseVersion(wish) };
  return { problem: 'expected known-good, previous, a version such as 0.1.0, revision:6, sha256:… or id:…' };
}

/** What is asked for by a word. */
const WORDS: readonly string[] = ['known-good', 'previous', 'latest'];

/** A word that is probably meant for another: no release has a name without a number that is so close to one of these. */
export function mistypedTarget(text: string): string | undefined {
  const wish = text.trim();
  if (/\d/.test(wish) || WORDS.includes(wish)) return undefined;
  const meant = closest(wish, WORDS) ?? WORDS.find((word) => wish.length > 2 && word.startsWith(wish));
  return meant && `"${wish}" is no version; did you mean ${meant}?`;
}

/** The same wish in words. */
export function describeWish(wish: TargetWish): string {
  switch (wish.kind) {
    case 'known-good':
    case 'previous':
      return wish.kind;
    case 'version':
      return wish.version;
    case 'older-known-good':
      return 'the next older known-good version';
    case 'snapshot':
      return `the snapshot of ${wish.snapshot.version}`;
    case 'revision':
      return `revision ${wish.revision}`;
    case 'digest':
      return wish.digest;
    case 'id':
      return `id:${wish.id}`;
  }
}
