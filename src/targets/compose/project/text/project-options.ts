/**
 * Reads a file of the project. The path is relative to the project folder, normalised, with `/`; it may begin with
 * `../` or `/`, which the reader may refuse. Undefined when there is no such file.
 */
export type ReadText = (path: string) => Promise<string | undefined>;

/** Which project, and which service of it. */
export interface ProjectOptions {
  /** Compose files in the order in which Compose merges them, relative to the project folder. */
  readonly files: readonly string[];
  /** Where relative paths begin (`--project-directory`), relative to the project folder, which it is by default. */
  readonly directory?: string;
  /** Files for interpolation (`--env-file`), later ones win. Of these only `.env` may be missing. */
  readonly envFiles?: readonly string[];
  /** What the compose command sees of its process; wins over the files. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly service: string;
  /** Makes keyed hashes of what is secret; nothing where there is no key. Asked only when the service uses `secrets`. */
  readonly seal?: () => Promise<Seal | undefined>;
}

/** The keyed hash of a SHA-256: nobody without the key can try values. */
export type Seal = (sha256: string) => string;
