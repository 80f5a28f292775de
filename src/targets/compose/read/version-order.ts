import semver from 'semver';
import { versionOfImage } from '../../../domain/versions/versions.ts';

/** The running version, as far as others are placed by it. */
export interface Present {
  readonly version: string;
  /** When it was first seen running. */
  readonly since: string;
  readonly imageCreatedAt: string;
}

/** A date before this is none: images that are built to be reproducible have 1970 or 1980. */
const PLAUSIBLE_MS = Date.parse('2001-01-01T00:00:00Z');

/**
 * An image that was never seen running takes its place by when it was made and by its version. One that is newer by
 * either is newer: it is never what a rollback goes to by itself.
 */
export function placeInTime(
  image: string,
  createdAt: string,
  { version, since, imageCreatedAt }: Present,
): string {
  const [made, currentMade] = [createdAt, imageCreatedAt].map(Date.parse) as [number, number];
  const order = compareVersions(versionOfImage(image), version);
  const isDated = made > PLAUSIBLE_MS && currentMade > PLAUSIBLE_MS;
  const isOlder =
    (!isDated || made <= currentMade) && (order === undefined ? isDated : order < 0) && isKin(image, version);
  return isOlder ? since : new Date(Date.parse(since) + 1).toISOString();
}

/**
 * `0.2.0-rc.1`, `0.1.0-debug` and `0.1.0-alpine` are no earlier versions of `0.2.0`: a release is followed by a
 * release, a variant by the same variant.
 */
function isKin(image: string, version: string): boolean {
  const variant = (text: string) =>
    (semver.parse(text, { loose: true })?.prerelease ?? [])
      .filter((part) => typeof part === 'string')
      .join('.');
  return variant(versionOfImage(image)) === variant(version);
}

/** Semantic Versioning order; nothing when one of them is no such version. */
export function compareVersions(a: string, b: string): number | undefined {
  const [left, right] = [semver.parse(a, { loose: true }), semver.parse(b, { loose: true })];
  return left && right ? semver.compare(left, right) : undefined;
}
