/** The digest that stands in shapes when the caller has none of its own. */
export const SOME_DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

/**
 * The text of a file for one version of an image.
 * @param repository with a registry and without a tag: `localhost:5000/app`.
 * @param digest of the tag; only shapes that pin by digest use it.
 */
export type FileOf = (repository: string, tag: string, digest?: string) => string;

/**
 * A project as people write it. Changing the image of `service` from one tag to another must turn the text of every
 * file into what its function makes for the other tag. Services can be started on a real engine.
 */
export interface Shape {
  readonly name: string;
  /** By path, relative to the project folder. */
  readonly files: Readonly<Record<string, FileOf>>;
  /** Compose files in order; `docker-compose.yml` when not given. */
  readonly composeFiles?: readonly string[];
  readonly envFiles?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly service: string;
  /** Profile that must be active to start the service. */
  readonly profile?: string;
  /** As Compose resolves it. */
  readonly image: FileOf;
  /** The one line that changes. */
  readonly edit: {
    readonly path: string;
    readonly line: number;
    readonly how: 'literal' | 'variable' | 'default';
  };
  readonly sharedWith?: readonly string[];
  /** What the old docker-compose 1.29 does not know. */
  readonly needsV2?: true;
}

export const COMPOSE = 'docker-compose.yml';
export const byTag: FileOf = (repository, tag) => `${repository}:${tag}`;
export const byDigest: FileOf = (repository, _tag, digest = SOME_DIGEST) => `${repository}@${digest}`;
export const byBoth: FileOf = (repository, tag, digest = SOME_DIGEST) => `${repository}:${tag}@${digest}`;

export function literal(line: number, path = COMPOSE): Shape['edit'] {
  return { path, line, how: 'literal' };
}

export function variable(line: number, path = '.env'): Shape['edit'] {
  return { path, line, how: 'variable' };
}

/** A compose file with one service whose image is written like this. */
export function web(image: FileOf): FileOf {
  return (...version) => `services:
  web:
    image: ${image(...version)}
    network_mode: host
`;
}

/** A shape of one compose file with one service, its image in line 3. */
export function plain(name: string, image: FileOf, resolved: FileOf = byTag): Shape {
  return { name, files: { [COMPOSE]: web(image) }, service: 'web', image: resolved, edit: literal(3) };
}
