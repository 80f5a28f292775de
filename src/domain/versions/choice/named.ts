import { describeWish, type TargetWish } from '../targets.ts';
import {
  type ObservedService,
  parseImage,
  type VersionCandidate,
  versionIdOf,
  versionOfImage,
} from '../versions.ts';
import type { Choice, NoChoice } from './choice.ts';
import { distinctVersions, everyVersion, isKnownGood, listed } from './version-lists.ts';

type NamedWish = Extract<TargetWish, { kind: 'version' | 'revision' | 'digest' | 'id' }>;

/**
 * A version that is asked for by its name, by a number of its history, by the digest of its image or by its id. What was
 * asked for is what is chosen, however it stands. Of several that have the name it is the one that is proved, else the one
 * that runs, else the newest: asked for twice it is the same one.
 */
export function chooseNamed(observed: ObservedService, wish: NamedWish): Choice | NoChoice {
  const found = namedBy(observed, wish);
  const proved = found.filter(isKnownGood);
  const candidate = (proved.length === 1 ? proved : found)[0];
  return candidate ? { candidate, basis: 'asked', rule: 'named' } : beyondHistory(observed, wish);
}

/** The versions that a wish names, restarts counted once: the one that runs, then the newest first. */
export function namedBy(observed: ObservedService, wish: TargetWish): readonly VersionCandidate[] {
  return distinctVersions(everyVersion(observed).filter((version) => isMeant(version, wish)));
}

function isMeant(version: VersionCandidate, wish: TargetWish): boolean {
  switch (wish.kind) {
    case 'version':
      return version.version === wish.version;
    case 'revision':
      return version.revision === wish.revision || version.formerRevisions.includes(wish.revision);
    case 'digest':
      return (
        digestOf(version) === wish.digest ||
        (digestOf(version) === undefined && version.evidence?.imageId?.endsWith(wish.digest) === true)
      );
    case 'id':
      return versionIdOf(version).startsWith(wish.id);
    default:
      return false;
  }
}

/** A version that the history does not have: the live template with another image (runbook 3.2, option B). */
function beyondHistory(observed: ObservedService, wish: NamedWish): Choice | NoChoice {
  switch (wish.kind) {
    case 'version': {
      const image = (repository: string, tag: string | undefined) =>
        `${repository}:${styleOf(tag)}${wish.version}`;
      return { candidate: withImage(observed, image), basis: 'asked', rule: 'named' };
    }
    case 'digest': {
      const candidate = withImage(observed, (repository) => `${repository}@${wish.digest}`);
      return { candidate, basis: 'asked', rule: 'named' };
    }
    default:
      return {
        problem: 'TargetNotFound',
        message: `${describeWish(wish)} is not in the history of ${observed.workload}; it has ${listed(everyVersion(observed))}`,
      };
  }
}

function withImage(
  observed: ObservedService,
  image: (repository: string, tag: string | undefined) => string,
): VersionCandidate {
  const { current } = observed;
  const { repository, tag } = parseImage(current.image);
  const wanted = image(repository, tag);
  const {
    evidence: _evidence,
    failure: _failure,
    changeCause: _changeCause,
    id: _id,
    digests: _digests,
    ...rest
  } = current;
  return {
    ...rest,
    version: versionOfImage(wanted),
    image: wanted,
    revision: 0,
    formerRevisions: [],
    fingerprint: '',
    contentFingerprint: '',
    source:
      observed.target === 'compose'
        ? { kind: 'compose', known: 'asked', image: wanted }
        : { kind: 'image', container: current.container, image: wanted },
  };
}

/** The digest of a version's image, where its reference or the target tells it. */
export function digestOf({ source, image, digests, container }: VersionCandidate): string | undefined {
  const known = source.kind === 'compose' ? source.digest : digests?.[container];
  return known ?? parseImage(image).digest;
}

/** Tags of one repository share a style: `v0.1.0` beside `v0.2.0`. */
function styleOf(tag: string | undefined): string {
  return tag !== undefined && /^v\d/.test(tag) ? 'v' : '';
}
