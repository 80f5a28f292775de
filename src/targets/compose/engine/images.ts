import { parseImage } from '../../../domain/versions.ts';

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

/** Reads the answer of `docker image inspect`: a JSON array. */
export function parseImages(text: string): readonly LocalImage[] {
  const parsed: unknown = JSON.parse(text);
  if (!Array.isArray(parsed)) return [];
  return parsed.flatMap((raw) =>
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

/** The digest by which a repository knows an image. */
export function digestIn({ digests }: LocalImage, repository: string): string | undefined {
  const wanted = familiar(repository);
  return digests.map(parseImage).find((reference) => familiar(reference.repository) === wanted)?.digest;
}

/** The short form that docker itself shows: `docker.io/library/redis` is `redis`. */
export function familiar(repository: string): string {
  return repository.replace(/^(index\.)?docker\.io\//, '').replace(/^library\//, '');
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}
