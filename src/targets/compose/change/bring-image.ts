import type { ComposeProfile } from '../../../domain/request/profile.ts';
import type { ComposeSource } from '../../../domain/versions/pins.ts';
import { parseImage } from '../../../domain/versions/versions.ts';
import type { Docker } from '../engine/docker.ts';
import type { LocalImage } from '../engine/objects/images.ts';
import { imageMissing } from '../read/image-sources.ts';

/**
 * The image is on the engine, under the very digest: pulled when it is not.
 * @returns as it is there.
 * @throws ImageMissing, AccessDenied, Unreachable, FileNotWritten (disk full).
 */
export async function bringImage(
  source: ComposeSource,
  docker: Docker,
  { pullTimeoutMs }: Pick<ComposeProfile, 'pullTimeoutMs'>,
  signal: AbortSignal,
): Promise<LocalImage> {
  const { digest, imageId, image } = source;
  const exact = digest ? `${parseImage(image).repository}@${digest}` : (imageId ?? image);
  // An image that was loaded from a file is known by its ID alone.
  const local =
    (await docker.image(exact, signal)) ?? (imageId ? await docker.image(imageId, signal) : undefined);
  if (local) return local;
  if (!digest) throw imageMissing(source);
  await docker.pull(exact, { signal, timeoutMs: pullTimeoutMs });
  const pulled = await docker.image(exact, signal);
  if (!pulled) throw imageMissing(source);
  return pulled;
}

/**
 * Lets the reference mean the image on this engine, so that Compose takes it and asks no registry.
 * @param found the image as it was just found: by the names that it has then.
 */
export async function tagImage(
  reference: string,
  imageId: string,
  docker: Docker,
  signal: AbortSignal,
  found?: LocalImage,
): Promise<void> {
  const { repository, tag = 'latest', digest } = parseImage(reference);
  if (digest) return;
  const name = `${repository}:${tag}`;
  if (found?.id === imageId && found.tags.includes(name)) return;
  const known = await docker.image(name, signal);
  if (known?.id !== imageId) await docker.tag(imageId, name, signal);
}
