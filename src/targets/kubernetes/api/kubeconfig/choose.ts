import { existsSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { RunbookError } from '../../../../domain/errors.ts';
import { type Environment, isEmpty, type Kubeconfig, kubeconfigFiles } from './files.ts';
import { problemWith } from './refused.ts';
import type { KubeconfigCluster, KubeconfigUser } from './schema.ts';

/** Where a pod finds what its service account needs. */
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
/** How the way of a pod is called: it has no kubeconfig, and so no name of a context. */
export const IN_CLUSTER = 'in-cluster';

/** One context with all that it leads to. Holds secrets: never logged. */
export interface ChosenContext {
  readonly context: string;
  readonly clusterName: string;
  readonly cluster: KubeconfigCluster;
  readonly userName: string;
  readonly user: KubeconfigUser;
}

/** Which context is wanted, and where it was looked for. */
export interface ContextWish {
  /** The file that the profile names. */
  readonly kubeconfig?: string | undefined;
  /** Default: the current one. */
  readonly context?: string | undefined;
  readonly env: Environment;
  /** Folder of the service account; tests have their own. */
  readonly serviceAccount?: string | undefined;
}

/**
 * The context that is meant, with its cluster and user.
 * @throws RunbookError `InvalidConfig`: it is not there, or has what is not supported, by the name of the field.
 */
export function chooseContext(config: Kubeconfig, wish: ContextWish): ChosenContext {
  const isOfPod = wish.kubeconfig === undefined && isEmpty(config);
  if (isOfPod && (wish.context ?? IN_CLUSTER) === IN_CLUSTER) {
    const own = inCluster(wish);
    if (own) return own;
  }
  const files = kubeconfigFiles(wish.kubeconfig, wish.env).join(', ');
  if (isOfPod) throw wrong(nothingThere(files));
  const known = [...config.contexts.keys()].map((name) => `"${name}"`).join(', ') || 'none';
  const context = wish.context ?? config.currentContext;
  if (context === '') {
    throw wrong(`${files} has no current-context; set kubernetes.context to one of its contexts: ${known}`);
  }
  const entry = config.contexts.get(context);
  if (!entry) throw wrong(`${files} has no context "${context}"; it has ${known}`);
  const { cluster: clusterName, user: userName } = entry;
  const cluster = config.clusters.get(clusterName ?? '');
  if (!clusterName || !cluster) {
    throw wrong(`${files} has no cluster "${clusterName ?? ''}", which its context "${context}" names`);
  }
  const user = userName ? config.users.get(userName) : {};
  if (!user) throw wrong(`${files} has no user "${userName}", which its context "${context}" names`);
  const chosen = { context, clusterName, cluster, userName: userName ?? '', user };
  const problem = problemWith(chosen);
  if (problem) throw wrong(`${files}: ${problem}`);
  return chosen;
}

/** What a pod has: the address in its environment, and the files of its service account. */
function inCluster({ env, serviceAccount = SERVICE_ACCOUNT }: ContextWish): ChosenContext | undefined {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
  const tokenFile = join(serviceAccount, 'token');
  if (!host || !port || !existsSync(tokenFile)) return undefined;
  return {
    context: IN_CLUSTER,
    clusterName: IN_CLUSTER,
    cluster: {
      server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
      'certificate-authority': join(serviceAccount, 'ca.crt'),
    },
    userName: IN_CLUSTER,
    user: { tokenFile },
  };
}

function nothingThere(files: string): string {
  return (
    `there is no kubeconfig: ${files || 'KUBECONFIG'} does not exist or is empty, and this is no pod with a service ` +
    'account; set kubernetes.kubeconfig in the profile, or KUBECONFIG for the worker'
  );
}

function wrong(problem: string): RunbookError {
  return new RunbookError('InvalidConfig', problem);
}
