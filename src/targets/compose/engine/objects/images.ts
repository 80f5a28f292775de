import { familiar, parseImage } from '../../../../domain/versions/versions.ts';

/** An image that is on the engine. */
export interface LocalImage {
  readonly id: string;
  /** `repository:tag` */
  readonly tags: readonly string[];
  /** `repository@sha256:…`: what registries call it. */
  readonly digests: readonly string[];
  /** RFC 3339; images built to be reproducible have a date long ago. */
  readonly createdAt: string;
}

/** What an image is for, and how large it is. */
export interface ImageFacts {
  /** `linux/amd64`; undefined where the engine does not say. */
  readonly platform?: string;
  /** In bytes, unpacked. */
  readonly size?: number;
}

/** Reads the same of what the engine answers of one image. */
export function imageFactsOf(inspected: unknown): ImageFacts {
  const { Os, Architecture, Size } = (inspected ?? {}) as Readonly<Record<string, unknown>>;
  return {
    ...(typeof Os === 'string' && typeof Architecture === 'string' && Os !== ''
      ? { platform: `${Os}/${Architecture}` }
      : {}),
    ...(typeof Size === 'number' ? { size: Size } : {}),
  };
}

/** Reads what the engine answers of images, as `docker image inspect` prints it. Entries without an ID are left out. */
export function parseImages(inspected: readonly unknown[]): readonly LocalImage[] {
  return (inspected as readonly (Readonly<Record<string, unknown>> | null)[]).flatMap((raw) =>
    typeof raw?.Id === 'string'
      ? [
          {
            id: raw.Id,
            tags: texts(raw.RepoTags),
            digests: texts(raw.RepoDigests),
            createdAt: typeof raw.Created === 'string' ? raw.Created : '',
          },
        ]
      : [],
  );
}

/**
 * The digest by which a repository knows an image.
 * @param known an image that was pushed twice has several: one of these counts before the others, so that a version
 * that was recorded is known again.
 */
export function digestIn(
  { digests }: LocalImage,
  repository: string,
  known: readonly string[] = [],
): string | undefined {
  const wanted = familiar(repository);
  const found = digests
    .map(parseImage)
    .filter((reference) => familiar(reference.repository) === wanted)
    .flatMap(({ digest }) => digest ?? [])
    .sort();
  return known.find((digest) => found.includes(digest)) ?? found[0];
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}
