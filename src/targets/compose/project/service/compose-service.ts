import type { ImagePlace } from './image-place.ts';

/** Where the characters stand that decide the image. */
export interface ImageSite {
  readonly path: string;
  /** 1-based. */
  readonly line: number;
  /**
   * `literal`: in an `image:` line; `variable`: the value of a variable in an env file; `default`: inside
   * `${VARIABLE:-…}` of an `image:` line.
   */
  readonly how: 'literal' | 'variable' | 'default';
  /** The variable; of `variable` and `default` alone. */
  readonly variable?: string;
  /** `image: in docker-compose.yml line 7`, `TAG in .env line 2`, for people. */
  readonly description: string;
  /** Services (this one too) that use the same characters for something else than their image, as in a label. */
  readonly alsoUsedBy: readonly string[];
}

/** A file that decides what a service is. */
export interface UsedFile {
  readonly path: string;
  /** `interpolation`: an env file that a variable of the service comes from; `env-file`: label files too. */
  readonly kind: 'compose' | 'interpolation' | 'env-file' | 'config' | 'bind' | 'secret';
  /** The service is the same service without it (`required: false`). */
  readonly mayBeMissing?: true;
}

/** A config or secret of the project that the service uses, by where its content is; no value. */
export interface UsedContent {
  /** `config/app`, `secret/db-password`, as records and plans call it. */
  readonly name: string;
  readonly from: 'file' | 'text' | 'elsewhere';
  /** Of `file`, seen from the project folder. */
  readonly path?: string;
  /** Where the container finds it. */
  readonly target: string;
}

/** A variable of an env file for interpolation that a service uses. */
export interface UsedVariable {
  /** The env file. */
  readonly path: string;
  readonly name: string;
  /** Other services that use it. */
  readonly others: readonly string[];
}

/** By path, the services that use a file beside the one that is read. */
export type OthersUsing = ReadonlyMap<
  string,
  { readonly asFile: readonly string[]; readonly byVariable: readonly string[] }
>;

/** What the files of a project say about one service. */
export interface ComposeService {
  readonly name: string;
  /** As Compose resolves it: `registry:5000/repo:v1`. */
  readonly image: string;
  readonly site: ImageSite;
  /** The same place for {@link changeImage}; shows nothing when it is logged. */
  readonly place: ImagePlace;
  /** As the files and variables name the project; undefined when they do not. */
  readonly projectName?: string;
  /** SHA-256, 64 hexadecimal digits, over {@link definition} whatever the order of its keys. */
  readonly definitionHash: string;
  /**
   * The service with all files, `extends`, merges and variables resolved, without `image` and `build`, and with the
   * contents of its inline configs (`inlineConfigs`); of its inline secrets with their keyed hashes, where there is a key
   * (`inlineSecrets`). It may hold secrets (literal environment values): not for logs, messages or history.
   */
  readonly definition: unknown;
  /** How the project defines what the service uses of it (networks, volumes …), by kind and name: no part of a version. */
  readonly surroundings: unknown;
  readonly usedFiles: readonly UsedFile[];
  /** The services of a compose file that are this one's alone: itself, or what it alone extends. */
  ownIn(path: string): readonly string[];
  readonly configs: readonly UsedContent[];
  readonly secrets: readonly UsedContent[];
  readonly variables: readonly UsedVariable[];
  /** Services that need this one: `depends_on`, and what Compose takes for the same (`links`, `network_mode` …). */
  readonly dependants: readonly string[];
  /** Services whose containers share a namespace or volumes with this one's, and those of them in turn. */
  readonly bound: readonly string[];
  /** Other services that use a file: as env file, config or mount of theirs, or by a variable that stands in it. */
  readonly othersUsing: OthersUsing;
  /** Env and label files of the project's other services: Compose reads them with the project, and refuses it without. */
  readonly envFilesOfOthers: readonly string[];
  /** Other services whose image would change with the site. */
  readonly sharedWith: readonly string[];
  readonly hasBuild: boolean;
  readonly healthcheckDisabled: boolean;
  readonly restart?: string;
  readonly profiles: readonly string[];
}
