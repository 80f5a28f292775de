import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { RunbookError } from '../../../../domain/errors.ts';
import { capped } from '../api-error.ts';
import {
  type KubeconfigCluster,
  type KubeconfigContext,
  type KubeconfigUser,
  kubeconfigSchema,
} from './schema.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What the files say together. Paths in it are absolute. Holds secrets: never logged. */
export interface Kubeconfig {
  readonly currentContext: string;
  readonly clusters: ReadonlyMap<string, KubeconfigCluster>;
  readonly users: ReadonlyMap<string, KubeconfigUser>;
  readonly contexts: ReadonlyMap<string, KubeconfigContext>;
}

/** Where kubeconfigs are: the one that is named, else the list in KUBECONFIG, else ~/.kube/config. */
export function kubeconfigFiles(named: string | undefined, env: Environment): readonly string[] {
  if (named !== undefined) return [named];
  const { KUBECONFIG = '', HOME } = env;
  const listed = KUBECONFIG.split(delimiter).filter((file) => file !== '');
  if (KUBECONFIG !== '') return [...new Set(listed)];
  return [join(HOME || homedir(), '.kube', 'config')];
}

/**
 * Reads kubeconfig files and joins them as kubectl does: the first file that has a name, or a current context, is the one
 * that counts, and an entry is never made of two. A file of the list that is missing, or empty, adds nothing; the one that
 * a profile names must be there.
 * @throws RunbookError `InvalidConfig`, which names file and field.
 */
export async function readKubeconfig(named: string | undefined, env: Environment): Promise<Kubeconfig> {
  const files = kubeconfigFiles(named, env);
  const read = await Promise.all(files.map((file) => readOne(file, named !== undefined)));
  return {
    currentContext: read.find(({ currentContext }) => currentContext !== '')?.currentContext ?? '',
    clusters: firstWins(read.map(({ clusters }) => clusters)),
    users: firstWins(read.map(({ users }) => users)),
    contexts: firstWins(read.map(({ contexts }) => contexts)),
  };
}

/** True when the files say nothing at all: then a pod goes by its service account. */
export function isEmpty({ currentContext, clusters, users, contexts }: Kubeconfig): boolean {
  return currentContext === '' && clusters.size + users.size + contexts.size === 0;
}

function firstWins<T>(maps: readonly ReadonlyMap<string, T>[]): ReadonlyMap<string, T> {
  return new Map(maps.toReversed().flatMap((map) => [...map]));
}

async function readOne(file: string, isNamed: boolean): Promise<Kubeconfig> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' && !isNamed) return '';
    throw wrong(file, `cannot be read (${error.code})`);
  });
  const { data, error } = kubeconfigSchema.safeParse(parsed(file, text) ?? {});
  if (error) {
    const [issue] = error.issues;
    throw wrong(file, `${pathOf(issue?.path ?? [])}: ${issue?.message ?? 'cannot be read'}`);
  }
  const folder = dirname(resolve(file));
  const { clusters, users, contexts } = data;
  return {
    currentContext: data['current-context'] ?? '',
    clusters: byName(file, 'clusters', clusters ?? [], ({ cluster }) =>
      withPaths(cluster ?? {}, folder, ['certificate-authority']),
    ),
    users: byName(file, 'users', users ?? [], ({ user }) => userIn(user ?? {}, folder)),
    contexts: byName(file, 'contexts', contexts ?? [], ({ context }) => context ?? {}),
  };
}

/** kubectl reads YAML 1.1, in which `on` and `y` are no texts. */
function parsed(file: string, text: string): unknown {
  try {
    return parse(text, { version: '1.1' });
  } catch (error) {
    // The message of the parser shows the line, which may hold a credential.
    const { linePos } = error as { linePos?: readonly { readonly line: number }[] };
    throw wrong(file, `is no YAML${linePos?.[0] ? ` (line ${linePos[0].line})` : ''}`);
  }
}

function byName<E extends { readonly name: string }, T>(
  file: string,
  list: string,
  entries: readonly E[],
  read: (entry: E) => T,
): ReadonlyMap<string, T> {
  const found = new Map<string, T>();
  for (const entry of entries) {
    if (found.has(entry.name))
      throw wrong(file, `${list}: the name "${capped(entry.name, 100)}" stands twice`);
    found.set(entry.name, read(entry));
  }
  return found;
}

function userIn(user: KubeconfigUser, folder: string): KubeconfigUser {
  const { exec, ...rest } = withPaths(user, folder, ['client-certificate', 'client-key', 'tokenFile']);
  // A command without a slash is looked for on the PATH.
  const command = exec?.command?.includes('/') ? withPaths(exec, folder, ['command']) : exec;
  return { ...rest, ...(command ? { exec: command } : {}) };
}

/** The same with the paths of these members counted from the folder of their file. */
function withPaths<T extends object>(entry: T, folder: string, members: readonly (keyof T)[]): T {
  const whole = { ...entry };
  for (const member of members) {
    const path = entry[member];
    if (typeof path === 'string' && path !== '' && !isAbsolute(path)) {
      whole[member] = resolve(folder, path) as T[typeof member];
    }
  }
  return whole;
}

/** `users[0].user.exec.command` */
function pathOf(path: readonly PropertyKey[]): string {
  const text = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return text.replace(/^\./, '') || 'the whole file';
}

function wrong(file: string, problem: string): RunbookError {
  return new RunbookError('InvalidConfig', `kubeconfig ${file}: ${problem}`);
}
