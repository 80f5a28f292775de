import { isRecord, loginIn, parseJson } from '../../../registry/index.ts';
import type { RawObject } from '../api/resources.ts';
import { objectsAt, textAt } from '../template/pod-template.ts';
import type { ObstacleReads } from './seen.ts';

/** A login at a registry. Holds a secret: never logged, kept, or put into an error. */
export interface PullCredentials {
  readonly server: string;
  readonly username: string;
  readonly password: string;
}

/** So many Secrets of a template are read at most. */
const MOST = 20;

/** core/v1 Secret, as far as it is read here. */
interface PullSecret {
  readonly type?: string;
  readonly data?: Readonly<Record<string, string>>;
}

/**
 * The logins with which a kubelet pulls the images of a template: its own pull secrets, and where it names none those of
 * its ServiceAccount (admission, ServiceAccount). What is missing, may not be read, or cannot be understood is left out.
 * @param spec of the pinned template.
 */
export async function pullCredentials(
  spec: RawObject,
  reads: ObstacleReads,
): Promise<readonly PullCredentials[]> {
  const own = namesIn(spec);
  const names = own.length > 0 ? own : await accountsOwn(spec, reads);
  const secrets = await Promise.all(
    [...new Set(names)].slice(0, MOST).map((name) => reads.get<PullSecret>('secrets', name)),
  );
  return secrets.flatMap((seen) => ('is' in seen && seen.is ? loginsOf(seen.is) : []));
}

async function accountsOwn(spec: RawObject, reads: ObstacleReads): Promise<readonly string[]> {
  const name = textAt(spec, 'serviceAccountName') || textAt(spec, 'serviceAccount') || 'default';
  const account = await reads.get<RawObject>('serviceaccounts', name);
  return 'is' in account && account.is ? namesIn(account.is) : [];
}

function namesIn(holder: RawObject): readonly string[] {
  return objectsAt(holder, 'imagePullSecrets').flatMap((one) => textAt(one, 'name') || []);
}

/** Of the two types that kubelets take (core/v1, SecretType). */
function loginsOf({ type, data = {} }: PullSecret): readonly PullCredentials[] {
  const decoded = (key: string) => parseJson(Buffer.from(data[key] ?? '', 'base64'));
  const told = type === 'kubernetes.io/dockerconfigjson' ? decoded('.dockerconfigjson') : undefined;
  const auths = isRecord(told)
    ? told.auths
    : type === 'kubernetes.io/dockercfg'
      ? decoded('.dockercfg')
      : undefined;
  if (!isRecord(auths)) return [];
  return Object.entries(auths).flatMap(([server, entry]) => {
    const login = isRecord(entry) ? loginIn(entry) : undefined;
    return login ? [{ server, ...login }] : [];
  });
}
