import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { notReadable, notRecorded, notSeen } from '../../../evidence/config-words.ts';
import type { LoadedProject } from '../../load/load-project.ts';
import type { VersionContent } from '../../state/content.ts';
import { isBefore } from './unseen.ts';

/** A secret of the service as it is at the moment; never a value. */
export interface SecretNow {
  /** `secret/db-password` */
  readonly name: string;
  readonly from: 'file' | 'text' | 'elsewhere';
  /** Keyed, where there is a key and the content could be read. */
  readonly hash?: string;
  /** When the content of its file was last changed, and when anything of it was, in milliseconds since 1970. */
  readonly writtenAt?: number;
  readonly touchedAt?: number;
}

/** Reads what is known of the secrets that the service uses. One that uses none costs nothing. */
export function secretsOf({ service, files, folder }: LoadedProject): Promise<readonly SecretNow[]> {
  const { inlineSecrets = {} } = service.definition as {
    readonly inlineSecrets?: Readonly<Record<string, string>>;
  };
  const read = async ({ name, from, path }: LoadedProject['service']['secrets'][number]) => {
    const pin = files.find((file) => file.kind === 'secret' && file.path === path);
    const hash = from === 'text' ? inlineSecrets[name.slice('secret/'.length)] : pin?.sha256;
    const found = path === undefined ? undefined : await statOf(join(folder.path, path));
    return {
      name,
      from,
      ...(hash ? { hash } : {}),
      ...(found ? { writtenAt: found.mtimeMs, touchedAt: found.ctimeMs } : {}),
    };
  };
  return Promise.all(service.secrets.map(read));
}

/**
 * What of the secrets a proof does not record, a line each.
 * @param startedAt when the container started, in milliseconds since 1970.
 */
export function unrecordedSecrets(secrets: readonly SecretNow[], startedAt: number): readonly string[] {
  return secrets.flatMap(({ name, from, hash, writtenAt, touchedAt }) => {
    if (from === 'elsewhere') return notRecorded(name, 'it is external, and no file of the project');
    if (from === 'text') return hash ? [] : notRecorded(name, WITHOUT_KEY);
    if (writtenAt === undefined || touchedAt === undefined) return notReadable(name);
    if (isBefore({ writtenAt, touchedAt }, startedAt)) return [];
    return notRecorded(
      name,
      notSeen('the container', writtenAt > startedAt ? writtenAt : undefined, startedAt, { remedy: ANEW }),
    );
  });
}

const ANEW = 'make it anew (docker compose up -d --force-recreate), and verify again';
const WITHOUT_KEY = 'its content cannot be hashed without a key (evidence.signingKey)';

/** The secrets as a record names them where there is no key: by when their files were changed. */
export function secretTimes(
  secrets: readonly SecretNow[],
  startedAt: number,
): NonNullable<VersionContent['secrets']> {
  return secrets.flatMap(({ name, hash, writtenAt, touchedAt }) =>
    hash === undefined &&
    writtenAt !== undefined &&
    touchedAt !== undefined &&
    isBefore({ writtenAt, touchedAt }, startedAt)
      ? [{ name, writtenAt: new Date(writtenAt).toISOString() }]
      : [],
  );
}

/**
 * Secrets that are not what a version was proved with, and stay as they are. Pure.
 * @param kept hashes of contents that could come back.
 */
export function changedSecrets(
  { files, secrets = [] }: Pick<VersionContent, 'files' | 'secrets'>,
  now: readonly SecretNow[],
  { service }: LoadedProject,
  kept: ReadonlySet<string>,
): readonly string[] {
  const byHash = files
    .filter(({ kind }) => kind === 'secret')
    .flatMap(({ path, sha256 }) => {
      const name = service.secrets.find((one) => one.path === path)?.name;
      const known = now.find((one) => one.name === name);
      // Without a key by now it cannot be told.
      const isUnknown = known?.hash === undefined && known?.writtenAt !== undefined;
      const isOther = known?.hash !== sha256 && !isUnknown;
      return name !== undefined && isOther && !kept.has(sha256) ? [name] : [];
    });
  const byTime = secrets
    .filter(({ name, writtenAt }) => {
      const known = now.find((one) => one.name === name)?.writtenAt;
      return known !== undefined && new Date(known).toISOString() !== writtenAt;
    })
    .map(({ name }) => name);
  return [...new Set([...byHash, ...byTime])].sort();
}

function statOf(path: string) {
  return stat(path).catch(() => undefined);
}
