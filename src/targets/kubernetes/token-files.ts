import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { parse } from 'yaml';

/**
 * Users whose token stands in a file (`tokenFile`), as kubectl knows them. client-node 2.0 passes that field over and
 * would send no token at all. It reads the file as it does in a pod: anew each minute, and for new credentials.
 * @param kubeconfig the file that was loaded; default: KUBECONFIG, ~/.kube/config.
 */
export async function adoptTokenFiles(config: KubeConfig, kubeconfig: string | undefined): Promise<void> {
  const files = kubeconfig === undefined ? defaultFiles() : [kubeconfig];
  const found = new Map((await Promise.all(files.map(tokenFilesIn))).flat());
  config.users = config.users.map((user) => {
    const tokenFile = found.get(user.name);
    if (tokenFile === undefined || user.token || user.authProvider) return user;
    return { ...user, authProvider: { name: 'tokenFile', config: { tokenFile } } };
  });
}

function defaultFiles(): readonly string[] {
  const named = (process.env.KUBECONFIG ?? '').split(delimiter).filter((file) => file !== '');
  return named.length > 0 ? named : [join(homedir(), '.kube', 'config')];
}

/** Names of users with the absolute paths of their token files. In a pod there may be no kubeconfig at all. */
async function tokenFilesIn(file: string): Promise<readonly (readonly [string, string])[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const { users } = (parse(text) ?? {}) as { users?: { name?: string; user?: { tokenFile?: unknown } }[] };
  return (users ?? []).flatMap(({ name, user }) =>
    name !== undefined && typeof user?.tokenFile === 'string'
      ? [[name, resolve(dirname(file), user.tokenFile)] as const]
      : [],
  );
}
