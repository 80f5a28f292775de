import { UNATTENDED } from '../../sandbox/demo/config.ts';
import { type Canary, canary } from './canary-search.ts';

/** Kinds of secret references. */
export type ReferenceKind = 'env' | 'file' | 'kubernetesSecret';

/** Where the values of the canaries go. */
export interface CanaryValues {
  readonly env: Record<string, string>;
  readonly files: Record<string, string>;
  readonly secret: Record<string, string>;
}

export interface CanaryProfileOptions {
  readonly name: string;
  readonly kind: ReferenceKind;
  readonly mode: 'bearer' | 'jwt-hs256';
  /** Folder of the secret files. */
  readonly folder: string;
  /** Address of a receiver that answers `/broken` with an error. */
  readonly receiver: string;
  /** A port of the loopback interface on which nobody listens. */
  readonly closedPort: number;
}

/** The parts of a profile in which secrets are referred to, with a canary in each; values are added to `values`. */
export function canaryProfile(
  { name, kind, mode, folder, receiver, closedPort }: CanaryProfileOptions,
  values: CanaryValues,
): { readonly profile: object; readonly canaries: readonly Canary[]; readonly auth: Canary } {
  const canaries: Canary[] = [];
  const make = (place: string, form?: 'host label') => {
    const made = canary(`${place}, ${kind}`, form);
    canaries.push(made);
    return made;
  };
  let count = 0;
  const reference = (value: string): object => {
    count += 1;
    const key = `CANARY_${name.replaceAll('-', '_').toUpperCase()}_${count}`;
    if (kind === 'env') values.env[key] = value;
    if (kind === 'file') values.files[key] = value;
    if (kind === 'kubernetesSecret') values.secret[key] = value;
    if (kind === 'kubernetesSecret') return { kubernetesSecret: { name: 'canaries', key } };
    return kind === 'env' ? { env: key } : { file: `${folder}/${key}` };
  };
  const auth = make(`auth ${mode}`);
  const profile = {
    auth: { mode, secret: reference(auth.value) },
    // Nobody is there to answer the runs that fail.
    ...UNATTENDED,
    notify: [
      { slack: { url: reference(`${receiver}/ok/${make('address of slack').value}`) } },
      {
        webhook: {
          name: 'answers-500',
          url: reference(`${receiver}/broken/${make('address of a webhook that answers 500 with it').value}`),
          signingSecret: reference(make('signing secret').value),
        },
      },
      {
        webhook: {
          name: 'refuses',
          url: reference(`http://127.0.0.1:${closedPort}/${make('address of a webhook that refuses').value}`),
        },
      },
      {
        webhook: {
          name: 'unknown-host',
          url: reference(
            `http://${make('host name of a webhook that is not known', 'host label').value}.invalid/`,
          ),
        },
      },
    ],
  };
  return { profile, canaries, auth };
}

/** Checks that give up soon. */
export function quickChecks(apiPort: number, metricsPort: number): object {
  const quick = { every: '100ms', within: '2s' };
  return {
    health: quick,
    chat: quick,
    agents: { ...quick, instancePort: apiPort },
    metrics: { ...quick, port: metricsPort },
  };
}
