import type { CriticalRules } from '../../settings/index.ts';
import type { EvidenceKey } from '../evidence/seal.ts';
import type { Environment } from './api/kubeconfig/files.ts';

/** How a target is made beside its profile. */
export interface KubernetesTargetOptions {
  /** Name under which the API server records the change (`metadata.managedFields`). */
  readonly fieldManager: string;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** The worker's environment: KUBECONFIG, proxies, and what exec plugins run with. */
  readonly env: Environment;
  /** Name of the service profile, noted on the evidence. */
  readonly service?: string;
  /** The key that evidence is signed with; without one it is believed unsigned. */
  readonly evidenceKey?: EvidenceKey | undefined;
  /** Whether the content of Secrets is kept with what is proved. */
  readonly keepsSecrets?: boolean | undefined;
  /** Repositories whose images may be written; default: those of what runs and of its history. */
  readonly repositories?: readonly string[] | undefined;
  /** What has to hold for the config that will be live; without it nothing is judged, and nothing is read for it. */
  readonly critical?: CriticalRules | undefined;
  /** Names of settings that a diff masks as well. */
  readonly masked?: readonly string[] | undefined;
}
