import type { WorkloadKindName } from '../workload-kind.ts';
/** Where a secret is found. The value is resolved inside activities, never logged and never put into history. */
export type SecretReference =
  | { readonly env: string }
  | { readonly file: string }
  | {
      readonly kubernetesSecret: { readonly name: string; readonly key: string; readonly namespace?: string };
    };

/** How requests to the service are authorised (service contract, 2.3). */
export type Auth =
  | { readonly mode: 'none' }
  | { readonly mode: 'bearer'; readonly secret: SecretReference }
  | {
      readonly mode: 'jwt-hs256';
      readonly secret: SecretReference;
      readonly subject: string;
      /** Lifetime of each token in seconds. */
      readonly ttl: number;
    };

/** How config goes back with the image, on Kubernetes. */
export interface ConfigPolicy {
  /** By references of the template to copies, or by writing the user's own objects. */
  readonly restore: 'by-reference' | 'in-place';
  /** Objects that other workloads take config from too. */
  readonly shared: 'refuse' | 'accept';
  /** Objects that an operator writes anew by itself. */
  readonly managed: 'refuse' | 'accept';
}

/** Where the workload is: exactly one of `deployment`, `statefulSet` and `daemonSet` names it. */
export interface KubernetesProfile extends Readonly<Partial<Record<Uncapitalize<WorkloadKindName>, string>>> {
  /** Kubeconfig file; without it KUBECONFIG, ~/.kube/config, or the service account of the pod. */
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace: string;
  /** Container whose image is the version. */
  readonly container: string;
  /** How the image of a version that was proved is written: with the digest that was proved, or by its tag alone. */
  readonly pin: 'digest' | 'tag';
  readonly rollout: {
    /** The wait gives up after this long. */
    readonly deadlineMs: number;
    /** Restarts of one container after which the version counts as broken. */
    readonly crashLoopRestarts: number;
  };
}

/** Where the Compose service is, and how it is changed. */
export interface ComposeProfile {
  /** The project folder, absolute. */
  readonly directory: string;
  readonly service: string;
  /** Compose files, relative to the folder; without them the ones that Compose finds by itself. */
  readonly files?: readonly string[];
  /** Where relative paths begin, relative to the folder; without it where Compose would begin: at the first file. */
  readonly projectDirectory?: string;
  /** Whether containers that were started from another folder, or on another host, are of this project all the same. */
  readonly startedElsewhere?: 'refuse' | 'allow';
  /** Files for interpolation, relative to the folder; without them `.env`. */
  readonly envFiles?: readonly string[];
  /** Name of the Compose project; without it the one that Compose would choose. */
  readonly project?: string;
  readonly profiles: readonly string[];
  /** Which command is used: the plugin, the old program, or what is found first. */
  readonly command: 'auto' | 'docker compose' | 'docker-compose';
  /** Docker context, or address of the engine; without them what the worker's environment says. */
  readonly context?: string;
  readonly host?: string;
  /** Address that the containers' ports are reached on; without it found by itself. */
  readonly address?: string;
  /** How the image stands in the file after a rollback. */
  readonly pin: 'tag' | 'digest';
  /** What to do when other services take their image from the same place. */
  readonly sharedImage: 'refuse' | 'change';
  /** What to do when a file that is changed is one of other services too; without it they are refused. */
  readonly sharedFiles?: 'refuse' | 'change';
  /** Further files of the project that belong to the service's config, as in a folder that is mounted. */
  readonly configFiles?: readonly string[];
  /** Whether env and config files go back together with the image. */
  readonly config: 'restore' | 'keep';
  readonly restartDependants: boolean;
  /** What becomes of services that share a namespace or volumes with the container; without it `recreate`. */
  readonly sharedNamespaces?: 'recreate' | 'keep';
  /** Folder for evidence, snapshots and audit log, relative to the project folder. */
  readonly state: string;
  /** Time-out of one pull. */
  readonly pullTimeoutMs: number;
  readonly rollout: {
    /** The wait gives up after this long. */
    readonly deadlineMs: number;
    /** Restarts of one container after which the version counts as broken. */
    readonly crashLoopRestarts: number;
    /** A container counts as up when it has run (and been healthy) for this long without a break. */
    readonly stableForMs: number;
  };
}

/** What is rolled back. */
export type TargetProfile =
  | ({ readonly kind: 'kubernetes' } & KubernetesProfile)
  | ({ readonly kind: 'compose' } & ComposeProfile);
