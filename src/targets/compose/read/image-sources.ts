import semver from 'semver';
import { RunbookError } from '../../../domain/errors.ts';
import type { ComposeSource } from '../../../domain/versions/pins.ts';
import { parseImage } from '../../../domain/versions/versions.ts';
import { parseReference, type RegistryClient, type RegistryRepository } from '../../../registry/index.ts';
import { digestIn, type LocalImage } from '../engine/objects/images.ts';
import type { RegistryTag } from './candidates.ts';
import type { StepCache } from './step-cache.ts';

/** Where images of the service can be had from. */
export interface ImageSources {
  readonly local: readonly LocalImage[];
  readonly tags: readonly RegistryTag[];
  /** Why something could not be asked, a line each. */
  readonly problems: readonly string[];
}

/** An image as it can be had now. */
export interface FoundImage {
  readonly digest?: string;
  readonly imageId?: string;
  /** What the registry says is under the tag now, when it is another image. */
  readonly movedTo?: string;
  readonly where: 'registry' | 'engine';
}

/** How long the registry may take: when it alone can have the image, and when it is asked for moved tags. In ms. */
const LONG_MS = 8000;
const SHORT_MS = 2500;
/** Tags are many, and each costs a request: digests are asked for the newest ones. */
const WITH_DIGEST = 20;

/** What is taken of a step to find one image, and to find all. */
export type FindParts = Pick<StepCache, 'image' | 'manifest'>;
export type ListParts = Pick<StepCache, 'images' | 'manifest'>;

/** Finds images on the engine and in the registry. */
export class ImageFinder {
  readonly #registry: RegistryClient;

  constructor(registry: RegistryClient) {
    this.#registry = registry;
  }

  /** Every image of the repository. A registry that cannot be asked is a problem to tell of, not an error. */
  async list(image: string, step: ListParts, signal: AbortSignal): Promise<ImageSources> {
    const { repository } = parseImage(image);
    const [local, remote] = await Promise.all([step.images(repository), this.#tags(image, step, signal)]);
    return { local, ...remote };
  }

  /**
   * Proves that an image can be had, by digest where one is known.
   * @returns nothing when neither the engine nor the registry has it.
   * @throws Unreachable, AccessDenied when the registry cannot be asked and the engine does not have it.
   */
  async find(
    image: string,
    known: { readonly digest?: string; readonly imageId?: string },
    step: FindParts,
    signal: AbortSignal,
  ): Promise<FoundImage | undefined> {
    const { repository, tag, digest: written } = parseImage(image);
    const wanted = known.digest ?? written;
    const local = await localImage(image, wanted, known.imageId, step);
    // What is here can be run whatever the registry says: it is asked for moved tags alone, and not for long.
    const timeoutMs = local ? SHORT_MS : LONG_MS;
    const remote = await withTimeout(timeoutMs, signal, (limited) =>
      this.#remote(image, wanted, tag, step, limited),
    );
    const localDigest = local ? digestIn(local, repository) : undefined;
    const answered = remote instanceof RunbookError ? undefined : sameImage(remote, local);
    // An image that was never pushed is known by its ID alone: what the registry has under its tag is another one.
    const isUnpushed = known.imageId !== undefined && wanted === undefined;
    if (isUnpushed) {
      if (!local) return undefined;
      const movedTo = answered?.digest ? { movedTo: answered.digest } : {};
      return { imageId: local.id, ...movedTo, where: 'engine' };
    }
    if (answered?.digest) {
      const here = local && localDigest === answered.digest ? { imageId: local.id } : {};
      return { ...answered, digest: answered.digest, ...here, where: 'registry' };
    }
    if (local) {
      const digest = wanted ?? localDigest;
      const movedTo = answered?.movedTo ? { movedTo: answered.movedTo } : {};
      return { imageId: local.id, ...(digest ? { digest } : {}), ...movedTo, where: 'engine' };
    }
    if (remote instanceof RunbookError) throw remote;
    return undefined;
  }

  /** What the registry has under the digest, and what under the tag. */
  async #remote(
    image: string,
    digest: string | undefined,
    tag: string | undefined,
    step: FindParts,
    signal: AbortSignal,
  ): Promise<{ readonly digest?: string; readonly movedTo?: string }> {
    const repository = parseReference(image);
    if (!repository) return {};
    const [byDigest, byTag] = await Promise.all([
      digest ? this.#manifest(repository, digest, step, signal) : undefined,
      tag ? this.#manifest(repository, tag, step, signal) : undefined,
    ]);
    if (!digest) return byTag ? { digest: byTag.digest } : {};
    const moved = byTag && byTag.digest !== digest ? { movedTo: byTag.digest } : {};
    return { ...(byDigest ? { digest } : {}), ...moved };
  }

  #manifest(
    repository: RegistryRepository,
    name: string,
    step: Pick<StepCache, 'manifest'>,
    signal: AbortSignal,
  ) {
    return step.manifest(`${repository.registry}/${repository.repository} ${name}`, () =>
      this.#registry.digestOf(repository, name, signal),
    );
  }

  async #tags(image: string, step: ListParts, signal: AbortSignal): Promise<Omit<ImageSources, 'local'>> {
    const repository = parseReference(image);
    if (!repository) return { tags: [], problems: [`${image} names no registry`] };
    const listed = await withTimeout(LONG_MS, signal, (limited) => this.#registry.tags(repository, limited));
    if (listed instanceof RunbookError) {
      return { tags: [], problems: [`the registry could not be asked for versions: ${listed.message}`] };
    }
    const newest = listed.tags.toSorted(byVersion).slice(0, WITH_DIGEST);
    const digests = await withTimeout(LONG_MS, signal, (limited) =>
      Promise.all(newest.map((tag) => this.#manifest(repository, tag, step, limited).catch(() => undefined))),
    );
    return {
      tags: listed.tags.map((tag) => {
        const digest = digests instanceof RunbookError ? undefined : digests[newest.indexOf(tag)]?.digest;
        return { tag, ...(digest ? { digest } : {}) };
      }),
      problems: listed.complete ? [] : ['the registry has more tags than were read'],
    };
  }
}

async function localImage(
  image: string,
  digest: string | undefined,
  imageId: string | undefined,
  step: Pick<StepCache, 'image'>,
): Promise<LocalImage | undefined> {
  if (digest) {
    const found = await step.image(`${parseImage(image).repository}@${digest}`);
    if (found) return found;
  }
  if (imageId) return step.image(imageId);
  return digest ? undefined : step.image(image);
}

/** Lets a registry be slow for so long and no longer: a step is timed out as a whole. */
async function withTimeout<T>(
  ms: number,
  signal: AbortSignal,
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<T | RunbookError> {
  const deadline = AbortSignal.timeout(ms);
  try {
    return await ask(AbortSignal.any([signal, deadline]));
  } catch (error) {
    signal.throwIfAborted();
    if (deadline.aborted)
      return new RunbookError('Unreachable', `the registry did not answer within ${ms / 1000} s`);
    if (error instanceof RunbookError) return error;
    throw error;
  }
}

/** A tag that leads to another manifest of the very image has not moved. */
function sameImage<T extends { readonly movedTo?: string }>(remote: T, local: LocalImage | undefined): T {
  const { movedTo, ...rest } = remote;
  const isSame = movedTo !== undefined && local?.digests.some((digest) => digest.endsWith(movedTo)) === true;
  return isSame ? (rest as T) : remote;
}

/** The image is nowhere: nothing can bring it back but a push. */
export function imageMissing({ image, digest, imageId }: ComposeSource): RunbookError {
  const exact = digest ?? imageId;
  return new RunbookError(
    'ImageMissing',
    `${image}${exact ? ` (${exact})` : ''} is neither in its registry nor on the engine's host`,
  );
}

/** Newest first; tags that are no versions last. */
function byVersion(a: string, b: string): number {
  const [left, right] = [semver.parse(a, { loose: true }), semver.parse(b, { loose: true })];
  if (left && right) return semver.rcompare(left, right);
  return left ? -1 : right ? 1 : b.localeCompare(a);
}
