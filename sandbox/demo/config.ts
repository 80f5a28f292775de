import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { DEPLOYMENT, NAMESPACE } from '../manifests.ts';

export interface ConfigOptions {
  readonly folder: string;
  readonly kubeconfig: string;
  readonly endpoint: string;
  readonly apiPort: number;
  readonly metricsPort: number;
  readonly records: string;
  /** File that holds the address of the Slack-compatible receiver. */
  readonly slackFile?: string;
  readonly namespace?: string;
  readonly deployment?: string;
  /** Merged into the profile. */
  readonly profile?: Readonly<Record<string, unknown>>;
  readonly checks?: Readonly<Record<string, unknown>>;
  readonly file?: string;
}

/** Writes a runbook.yaml for a service of the sandbox and returns its path. */
export async function writeConfig(options: ConfigOptions): Promise<string> {
  const file = join(options.folder, options.file ?? 'runbook.yaml');
  const quick = { every: '100ms', within: '20s' };
  const config = {
    records: options.records,
    services: {
      orchestrator: {
        environment: 'production',
        kubernetes: {
          kubeconfig: options.kubeconfig,
          namespace: options.namespace ?? NAMESPACE,
          deployment: options.deployment ?? DEPLOYMENT,
          container: 'master-orchestrator',
          rollout: { deadline: '2m', crashLoopRestarts: 3 },
        },
        endpoint: options.endpoint,
        checks: {
          health: quick,
          chat: quick,
          // Every pod has a database of its own: each is asked.
          agents: { ...quick, instancePort: options.apiPort },
          metrics: { ...quick, port: options.metricsPort },
          ...options.checks,
        },
        ...(options.slackFile ? { notify: [{ slack: { url: { file: options.slackFile } } }] } : {}),
        ...options.profile,
      },
    },
  };
  await writeFile(file, stringify(config));
  return file;
}
