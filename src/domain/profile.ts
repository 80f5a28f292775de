import type { RunPolicy } from './policy.ts';

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

/** Where the Deployment is. */
export interface KubernetesProfile {
  /** Kubeconfig file; without it KUBECONFIG, ~/.kube/config, or the service account of the pod. */
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace: string;
  readonly deployment: string;
  /** Container whose image is the version. */
  readonly container: string;
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
  /** Further files of the project that belong to the service's config, as in a folder that is mounted. */
  readonly configFiles?: readonly string[];
  /** Whether env and config files go back together with the image. */
  readonly config: 'restore' | 'keep';
  readonly restartDependants: boolean;
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

/** How often a check looks and when it gives up. Durations in milliseconds. */
export interface CheckPolicy {
  /** Good looks in a row that prove the service well. */
  readonly needed: number;
  readonly everyMs: number;
  /** Budget of the whole check. */
  readonly withinMs: number;
  /** Time-out of one look. */
  readonly timeoutMs: number;
}

export interface HealthSettings extends CheckPolicy {
  readonly path: string;
  /** Expected values; without them the known-good evidence is what they must equal. */
  readonly provider?: string;
  readonly model?: string;
}

export interface ChatSettings extends CheckPolicy {
  readonly path: string;
  /** A nonce is appended. Must not contain `git` or `commit` (service contract, 4.4). */
  readonly message: string;
  /** `success`, or also a well-formed error whose code is in the list (runbook 6.2). */
  readonly acceptErrors: readonly string[];
  /** Smoke messages that one check may send: each is stored by the service (service contract, 4.6). */
  readonly maxMessages: number;
}

export interface AgentsSettings extends CheckPolicy {
  readonly path: string;
  /** Agents that must be there; a missing one is inconclusive unless `onMissing` says otherwise. */
  readonly expected: readonly string[];
  readonly onMissing: 'inconclusive' | 'fail' | 'ignore';
  /** Ask every instance (its own database) on this port; without it the service endpoint is asked. */
  readonly instancePort?: number;
}

export interface MetricsSettings extends CheckPolicy {
  /** Port of every instance's metrics listener. */
  readonly port: number;
  readonly path: string;
  /** Failed plans over started plans, 0 to 1: since the first look, or over the life of the instances. */
  readonly maxPlanFailureRatio: number;
  /** Plans without which the ratio says nothing; fewer since the first look, and the life of the instances counts. */
  readonly minPlans: number;
  /** Growth of `agent_call_failures_total` per look that is still normal. */
  readonly maxAgentFailureGrowth: number;
  /** Mean task duration in seconds, over the same time as the ratio; without it not judged. */
  readonly maxTaskSeconds?: number;
  readonly names: {
    readonly planStarted: string;
    readonly planFailed: string;
    readonly agentFailures: string;
    readonly taskDuration: string;
  };
}

export type NotifierSettings =
  | {
      readonly kind: 'slack';
      readonly name: string;
      readonly url: SecretReference;
      readonly timeoutMs: number;
    }
  | {
      readonly kind: 'webhook';
      readonly name: string;
      readonly url: SecretReference;
      /** Signs the body: header `X-Runbook-Signature: sha256=<hex HMAC>`. */
      readonly signingSecret?: SecretReference;
      readonly timeoutMs: number;
    };

/** One service of runbook.yaml, with every default filled in. */
export interface ServiceProfile {
  readonly name: string;
  readonly environment: string;
  readonly target: TargetProfile;
  /** Base address of the service's API. */
  readonly endpoint: string;
  readonly auth: Auth;
  readonly checks: {
    readonly health?: HealthSettings;
    readonly chat?: ChatSettings;
    readonly agents?: AgentsSettings;
    readonly metrics?: MetricsSettings;
  };
  /** Checks whose verdict counts; the others are recorded only. */
  readonly required: readonly ('health' | 'chat' | 'agents' | 'metrics')[];
  readonly notify: readonly NotifierSettings[];
  readonly policy: RunPolicy;
  /** SHA-256 over the profile as written, first 12 digits. */
  readonly hash: string;
}

/** The whole of runbook.yaml. */
export interface RunbookConfig {
  readonly services: Readonly<Record<string, ServiceProfile>>;
  /** Folder for incident records. */
  readonly records: string;
}
