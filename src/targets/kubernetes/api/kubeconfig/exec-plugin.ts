import { access, constants, readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import * as z from 'zod';
import { RunbookError } from '../../../../domain/errors.ts';
import { capped } from '../api-error.ts';
import type { ChosenContext } from './choose.ts';
import type { Environment } from './files.ts';
import { CANNOT_BE_RUN, runPlugin } from './plugin-process.ts';
import type { KubeconfigCluster } from './schema.ts';

/** What a plugin gave. Holds secrets: never logged. */
export interface ExecCredential {
  readonly token?: string | undefined;
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
  /** Milliseconds since 1970; none: until it is refused. */
  readonly expiresAt?: number | undefined;
}

/** Extension of a cluster that is meant for plugins (kubeconfig v1). */
const PLUGIN_CONFIG = 'client.authentication.k8s.io/exec';

const text = z.string().nullish();
/** What a plugin prints (client.authentication.k8s.io, ExecCredential). */
const printedSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.literal('ExecCredential'),
  status: z.looseObject({
    token: text,
    clientCertificateData: text,
    clientKeyData: text,
    expirationTimestamp: text,
  }),
});

/**
 * Runs the exec plugin of a user, as kubectl does: what it needs to know stands in KUBERNETES_EXEC_INFO. It has no
 * terminal and an input that is at its end.
 * @param signal ends the plugin and whatever it has started.
 * @throws RunbookError `Unreachable` when it fails; what it printed is repeated only where that is an error message.
 */
export async function askExecPlugin(
  { cluster, user, userName }: ChosenContext,
  env: Environment,
  signal: AbortSignal,
): Promise<ExecCredential> {
  const { command = '', args, env: variables, apiVersion, provideClusterInfo, installHint } = user.exec ?? {};
  const info = {
    apiVersion,
    kind: 'ExecCredential',
    spec: { interactive: false, ...(provideClusterInfo ? { cluster: await clusterInfo(cluster) } : {}) },
  };
  const failed = (problem: string) =>
    new RunbookError('Unreachable', `the exec plugin ${command} of user "${userName}" ${problem}`);
  const ended = await runPlugin(
    command ?? '',
    args ?? [],
    {
      ...env,
      ...Object.fromEntries((variables ?? []).map(({ name, value }) => [name, value])),
      KUBERNETES_EXEC_INFO: JSON.stringify(info),
    },
    signal,
  );
  if (CANNOT_BE_RUN.includes(ended.code)) {
    const hint = installHint ? `; ${capped(installHint, 200)}` : '';
    throw failed(`cannot be run (${capped(ended.stderr, 200)})${hint}`);
  }
  if (ended.code !== 0) throw failed(`ended with code ${ended.code}: ${capped(ended.stderr, 300)}`);
  const printed = printedSchema.safeParse(json(ended.stdout));
  if (printed.error) {
    const field = printed.error.issues[0]?.path.join('.') || 'the whole of it';
    throw failed(`printed no ExecCredential (${field} is wrong)`);
  }
  const { status, apiVersion: answered } = printed.data;
  if (answered !== apiVersion) throw failed(`answered in ${capped(answered, 100)}, not in ${apiVersion}`);
  const { token, clientCertificateData: certificate, clientKeyData: key, expirationTimestamp } = status;
  if (!token && !(certificate && key)) throw failed('gave neither a token nor a certificate with its key');
  return {
    token: token ?? undefined,
    certificate: certificate ?? undefined,
    key: key ?? undefined,
    expiresAt: expirationTimestamp ? Date.parse(expirationTimestamp) : undefined,
  };
}

/**
 * Looks whether the plugin can be run at all, without running it.
 * @throws RunbookError `InvalidConfig`, with what the kubeconfig says of how to install it.
 */
export async function assertPluginIsThere(
  { user, userName }: ChosenContext,
  env: Environment,
): Promise<void> {
  const { command, installHint } = user.exec ?? {};
  if (!command) return;
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const files = command.includes('/') ? [command] : folders.map((folder) => join(folder, command));
  const found = await Promise.all(
    files.map((file) =>
      access(file, constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  if (found.includes(true)) return;
  const where = command.includes('/') ? 'cannot be run' : "is not on the worker's PATH";
  const hint = installHint ? `; ${capped(installHint, 200)}` : '';
  throw new RunbookError('InvalidConfig', `user "${userName}": exec.command: ${command} ${where}${hint}`);
}

/** The cluster as a plugin gets it (client.authentication.k8s.io, Cluster): a CA in a file is handed over itself. */
async function clusterInfo(cluster: KubeconfigCluster): Promise<Record<string, unknown>> {
  const file = cluster['certificate-authority'];
  const inFile = file ? (await readFile(file)).toString('base64') : undefined;
  const config = cluster.extensions?.find(({ name }) => name === PLUGIN_CONFIG)?.extension;
  const members = {
    server: cluster.server,
    'tls-server-name': cluster['tls-server-name'] || undefined,
    'insecure-skip-tls-verify': cluster['insecure-skip-tls-verify'] || undefined,
    'certificate-authority-data': cluster['certificate-authority-data'] || inFile,
    'proxy-url': cluster['proxy-url'] || undefined,
    config,
  };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
