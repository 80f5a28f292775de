import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { settingOf, type WorkloadKindName } from '../../src/domain/workload-kind.ts';
import { DEPLOYMENT, NAMESPACE } from '../manifests.ts';
import { SERVICE } from './compose-project.ts';

/** The part of a profile that says what is rolled back. */
export type TargetEntry = { readonly kubernetes: object } | { readonly compose: object };

export interface ConfigOptions {
  readonly folder: string;
  readonly target: TargetEntry;
  readonly endpoint: string;
  readonly apiPort: number;
  readonly metricsPort: number;
  readonly records: string;
  /** File that holds the address of the Slack-compatible receiver. */
  readonly slackFile?: string;
  /** Merged into the profile. */
  readonly profile?: Readonly<Record<string, unknown>>;
  readonly checks?: Readonly<Record<string, unknown>>;
  /** How runs behave beside their steps; default: they ask nobody and end at once, as no person is there. */
  readonly policy?: Readonly<Record<string, unknown>>;
  /** Checks that take seconds, so that something can happen in the middle of them. */
  readonly slow?: boolean | undefined;
}

/** Runs that nobody attends. */
export const UNATTENDED = { decisions: { wait: '0s' }, followThrough: { for: '0s' } };

const QUICK = { every: '100ms', within: '20s' };
const SLOW = { every: '250ms', within: '60s', needed: 8 };

/** The stand-in as a workload of this kind. */
export function kubernetesEntry(
  kubeconfig: string,
  namespace: string = NAMESPACE,
  kind: WorkloadKindName = 'Deployment',
): TargetEntry {
  return {
    kubernetes: {
      kubeconfig,
      namespace,
      [settingOf(kind)]: DEPLOYMENT,
      container: DEPLOYMENT,
      rollout: { deadline: '2m', crashLoopRestarts: 3 },
    },
  };
}

/**
 * The stand-in's service in a Compose project.
 * @param stableFor how long a container must run to count as up: real services deserve the default, 10 s.
 */
export function composeEntry(directory: string, stableFor = '500ms'): TargetEntry {
  const rollout = { deadline: '2m', crashLoopRestarts: 3, stableFor };
  return { compose: { directory, service: SERVICE, rollout } };
}

/** Writes a runbook.yaml for a service of the sandbox and returns its path. */
export async function writeConfig(options: ConfigOptions): Promise<string> {
  const file = join(options.folder, 'runbook.yaml');
  const pace = options.slow ? SLOW : QUICK;
  const config = {
    records: options.records,
    services: {
      orchestrator: {
        environment: 'production',
        ...options.target,
        endpoint: options.endpoint,
        checks: {
          health: pace,
          chat: QUICK,
          // Every instance has a database of its own: each is asked.
          agents: { ...pace, instancePort: options.apiPort },
          metrics: { ...pace, port: options.metricsPort },
          ...options.checks,
        },
        ...(options.slackFile ? { notify: [{ slack: { url: { file: options.slackFile } } }] } : {}),
        ...(options.policy ?? UNATTENDED),
        ...options.profile,
      },
    },
  };
  await writeFile(file, stringify(config));
  return file;
}
