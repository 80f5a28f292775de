import { familiar, parseImage, shortDigest } from '../../../domain/versions/versions.ts';
import type { RawObject } from '../api/resources.ts';
import { mapImages } from './pod-template.ts';

/** Digests of images by the name of the container, init containers included: `sha256:…`. */
export type ImageDigests = Readonly<Record<string, string>>;

/** The digests that the references of the template name. */
export function digestsIn(template: RawObject): ImageDigests {
  return collect(template, (_container, image) => parseImage(image).digest);
}

/**
 * The digests behind image IDs, for the containers of the template whose image can be had by them: a kubelet reports
 * `repository@sha256:…`, or `docker-pullable://…` before it. The ID of an image that was loaded into the node without a
 * registry is of another repository, or is no digest of a manifest: what it stands for cannot be pulled.
 * @param imageIds what the pods reported, by container.
 */
export function digestsBehind(template: RawObject, imageIds: Readonly<Record<string, string>>): ImageDigests {
  return collect(template, (container, image) => {
    const { repository, digest } = parseImage((imageIds[container] ?? '').replace(/^[a-z-]+:\/\//, ''));
    const isIts = familiar(repository) === familiar(parseImage(image).repository);
    return isIts && /^sha256:[0-9a-f]{64}$/.test(digest ?? '') ? digest : undefined;
  });
}

/** The template with `repository:tag@digest` in each container of which the digest is known and not there yet. */
export function withDigests(template: RawObject, digests: ImageDigests): RawObject {
  return mapImages(template, (container, image) => imageWithDigest(image, digests[container]));
}

/** `repository:tag@digest`; a reference that has a digest stays. */
function imageWithDigest(image: string, digest: string | undefined): string {
  return digest === undefined || parseImage(image).digest ? image : `${image}@${digest}`;
}

/** The template with `repository:tag` where it has `repository:tag@digest`: as it was before the digest was written. */
export function withoutDigests(template: RawObject): RawObject {
  return mapImages(template, (_container, image) => {
    const { repository, tag, digest } = parseImage(image);
    return tag && digest ? `${repository}:${tag}` : image;
  });
}

/**
 * The template with `repository@digest` where the digest is known: the tag makes no other version then.
 * @param digests of images of this template, beside those that it names.
 */
export function byDigest(template: RawObject, digests: ImageDigests = {}): RawObject {
  return mapImages(template, (container, image) => {
    const { repository, digest = digests[container] } = parseImage(image);
    return digest ? `${repository}@${digest}` : image;
  });
}

/** What all of them say alike, by container: image IDs, or digests. */
export function agreed([first, ...others]: readonly Readonly<Record<string, string>>[]): Readonly<
  Record<string, string>
> {
  return Object.fromEntries(
    Object.entries(first ?? {}).filter(([name, said]) => others.every((other) => other[name] === said)),
  );
}

/** Whether the two say different things of one container at least. */
export function areContradictory(a: ImageDigests, b: ImageDigests): boolean {
  return Object.entries(a).some(([container, digest]) => (b[container] ?? digest) !== digest);
}

/**
 * In words, where what runs is not what was proved: `container orch runs sha256:bb… and not sha256:aa…, which was proved`.
 * @param pods the image IDs of each pod, by container.
 * @returns nothing where all is as it was proved, or no pod tells.
 */
export function imagesThatDiffer(
  proved: ImageDigests,
  pods: readonly Readonly<Record<string, string>>[],
): string {
  const each = Object.entries(proved).flatMap(([container, digest]) => {
    const run = new Set(pods.flatMap((imageIds) => parseImage(imageIds[container] ?? '').digest ?? []));
    run.delete(digest);
    const others = [...run].map(shortDigest).join(' and ');
    return others
      ? [`container ${container} runs ${others} and not ${shortDigest(digest)}, which was proved`]
      : [];
  });
  return each.join(', ');
}

/**
 * In words, where pods of one template run different images: under a tag that was pushed anew between their starts. A line
 * for each container.
 * @param pods the image IDs of each pod, by container.
 */
export function unevenImages(pods: readonly Readonly<Record<string, string>>[]): readonly string[] {
  const containers = new Set(pods.flatMap(Object.keys));
  return [...containers].flatMap((container) => {
    const ids = new Set(pods.flatMap((imageIds) => imageIds[container] || []));
    const shown = [...ids].map((id) => shortDigest(parseImage(id).digest ?? id)).join(' and ');
    return ids.size > 1
      ? [
          `the pods run different images in container ${container}, so that none is recorded as proved: ${shown}`,
        ]
      : [];
  });
}

function collect(
  template: RawObject,
  digestOf: (container: string, image: string) => string | undefined,
): ImageDigests {
  const found: Record<string, string> = {};
  mapImages(template, (container, image) => {
    const digest = digestOf(container, image);
    if (digest) found[container] = digest;
    return image;
  });
  return found;
}
