import { isRecord, loginIn, parseJson } from '../../../registry/index.ts';
import type { PullLogins } from '../../target.ts';
import type { RawObject } from '../api/resources.ts';
import { objectsAt, textAt } from '../template/pod-template.ts';
import { GRANT, type ObstacleReads, type Seen } from './seen.ts';

/** So many Secrets of a template are read at most. */
const MOST = 20;

/** core/v1 Secret, as far as it is read here. */
interface PullSecret {
  readonly type?: string;
  readonly data?: Readonly<Record<string, string>>;
}

/**
 * The logins with which a kubelet pulls the images of a template: its own pull secrets, and where it names none those of
 * its ServiceAccount (admission, ServiceAccount). What is missing or cannot be understood is left out; what was not read is named.
 * @param spec of the pinned template.
 */
export async function pullCredentials(spec: RawObject, reads: ObstacleReads): Promise<PullLogins> {
  const own = namesIn(spec);
  const { names, unread } = own.length > 0 ? { names: own, unread: [] } : await accountsOwn(spec, reads);
  const all = [...new Set(names)];
  const secrets = await Promise.all(
    all.slice(0, MOST).map(async (name) => ({ name, seen: await reads.get<PullSecret>('secrets', name) })),
  );
  return {
    logins: secrets.flatMap(({ seen }) => ('is' in seen && seen.is ? loginsOf(seen.is) : [])),
    unread: [
      ...unread,
      ...secrets.flatMap(({ name, seen }) => unreadIn(`secrets/${name}`, seen)),
      ...(all.length > MOST ? [{ says: `${all.length - MOST} more pull secrets were not read` }] : []),
    ],
  };
}

async function accountsOwn(
  spec: RawObject,
  reads: ObstacleReads,
): Promise<{ readonly names: readonly string[]; readonly unread: PullLogins['unread'] }> {
  const name = textAt(spec, 'serviceAccountName') || textAt(spec, 'serviceAccount') || 'default';
  const account = await reads.get<RawObject>('serviceaccounts', name);
  return {
    names: 'is' in account && account.is ? namesIn(account.is) : [],
    unread: unreadIn(`serviceaccounts/${name}`, account),
  };
}

/** Of an answer that is no refusal the words are not told: it is about a Secret. */
function unreadIn(what: string, seen: Seen<unknown>): PullLogins['unread'] {
  if ('is' in seen) return [];
  const { says, isDenied } = seen.unread;
  return [isDenied ? { says, remedy: GRANT } : { says: `${what} could not be read` }];
}

function namesIn(holder: RawObject): readonly string[] {
  return objectsAt(holder, 'imagePullSecrets').flatMap((one) => textAt(one, 'name') || []);
}

/** Of the two types that kubelets take (core/v1, SecretType). */
function loginsOf({ type, data = {} }: PullSecret): PullLogins['logins'] {
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
