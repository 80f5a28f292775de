import { readFile } from 'node:fs/promises';
import { RunbookError } from '../../../../domain/errors.ts';
import type { ChosenContext } from './choose.ts';
import type { ExecCredential } from './exec-plugin.ts';
import type { Environment } from './files.ts';
import { oidcToken } from './oidc.ts';
import { PROXY_SCHEMES, proxyFromEnvironment } from './proxy.ts';
import type { KubeconfigUser } from './schema.ts';

/** What a connection to the server is made with. */
export interface TlsOptions {
  readonly ca?: Buffer | string;
  readonly cert?: Buffer | string;
  readonly key?: Buffer | string;
  readonly rejectUnauthorized?: boolean;
  readonly servername?: string;
}

/** What a connection needs. Holds secrets: never logged. */
export interface Credentials {
  /** Address without a slash at its end. */
  readonly server: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly tls: TlsOptions;
  /** Address of the HTTP proxy that the server is reached through. */
  readonly proxy?: string;
}

/** What is asked of the outside while credentials are made of a context. */
export interface CredentialParts {
  readonly env: Environment;
  /** What the exec plugin gives; asked only where the user has one and needs it. */
  readonly plugin: () => Promise<ExecCredential>;
}

/**
 * What a connection needs, made of a context as kubectl does: a token in a file comes before one in the kubeconfig, and
 * both come before a plugin's; data stands before the file of the same name.
 * @throws RunbookError `InvalidConfig` for a file that cannot be read, by the name of the field.
 */
export async function credentialsOf(
  chosen: ChosenContext,
  { env, plugin }: CredentialParts,
): Promise<Credentials> {
  const { cluster, clusterName, user, userName } = chosen;
  const { origin, pathname, protocol } = new URL(cluster.server ?? '');
  const server = `${origin}${pathname.replace(/\/+$/, '')}`;
  const ofUser = (field: string) => `user "${userName}": ${field}`;
  const [ca, cert, key, own] = await Promise.all([
    material(cluster, 'certificate-authority', `cluster "${clusterName}": certificate-authority`),
    material(user, 'client-certificate', ofUser('client-certificate')),
    material(user, 'client-key', ofUser('client-key')),
    authorizationOf(user, ofUser('tokenFile')),
  ]);
  const needsPlugin = user.exec && !own && !cert;
  const given = needsPlugin ? await plugin() : undefined;
  const oidc = user['auth-provider'] && !own ? await oidcToken(userName, user['auth-provider']) : undefined;
  const token = given?.token ?? oidc;
  const authorization = own ?? (token ? `Bearer ${token}` : undefined);
  const tls: TlsOptions = {
    ...(ca ? { ca } : {}),
    ...withKey(cert ?? given?.certificate, key ?? given?.key),
    ...(cluster['insecure-skip-tls-verify'] ? { rejectUnauthorized: false } : {}),
    ...(cluster['tls-server-name'] ? { servername: cluster['tls-server-name'] } : {}),
  };
  const proxy = cluster['proxy-url'] || proxyFromEnvironment(server, env);
  if (proxy && !(URL.canParse(proxy) && PROXY_SCHEMES.includes(new URL(proxy).protocol))) {
    const variable = protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
    throw new RunbookError('InvalidConfig', `${variable}: only an http:// or https:// proxy is supported`);
  }
  return {
    server,
    headers: { ...(authorization ? { authorization } : {}), ...impersonation(user) },
    tls,
    ...(proxy ? { proxy } : {}),
  };
}

function withKey(cert: Buffer | string | undefined, key: Buffer | string | undefined): TlsOptions {
  return cert && key ? { cert, key } : {};
}

/** What stands in the kubeconfig itself or in a file that it names. */
async function authorizationOf(
  { token, tokenFile, username, password }: KubeconfigUser,
  field: string,
): Promise<string | undefined> {
  if (tokenFile) {
    const read = (await fileOf(tokenFile, field, token !== undefined && token !== '')).toString().trim();
    if (read !== '') return `Bearer ${read}`;
  }
  if (token) return `Bearer ${token}`;
  if (!username && !password) return undefined;
  return `Basic ${Buffer.from(`${username ?? ''}:${password ?? ''}`).toString('base64')}`;
}

/** Headers of impersonation (Kubernetes: user impersonation). */
function impersonation(user: KubeconfigUser): Record<string, string | readonly string[]> {
  if (!user.as) return {};
  const extra = Object.entries(user['as-user-extra'] ?? {}).map(
    ([name, values]) => [`impersonate-extra-${escaped(name)}`, values] as const,
  );
  return {
    'impersonate-user': user.as,
    ...(user['as-uid'] ? { 'impersonate-uid': user['as-uid'] } : {}),
    ...(user['as-groups']?.length ? { 'impersonate-group': user['as-groups'] } : {}),
    ...Object.fromEntries(extra),
  };
}

/** A key of `as-user-extra` as part of a header's name: what may not stand there is percent-encoded. */
function escaped(name: string): string {
  return [...Buffer.from(name.toLowerCase())]
    .map((byte) => String.fromCharCode(byte))
    .map((char) => (/[!#$&'*+\-.^_`|~0-9a-z]/.test(char) ? char : `%${hex(char)}`))
    .join('');
}

function hex(char: string): string {
  return char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0');
}

type Material = 'certificate-authority' | 'client-certificate' | 'client-key';

/** A certificate or key: its data, or the content of its file. */
async function material(
  holder: { readonly [M in Material as M | `${M}-data`]?: string | null | undefined },
  name: Material,
  field: string,
): Promise<Buffer | undefined> {
  const data = holder[`${name}-data`];
  if (data) return Buffer.from(data, 'base64');
  const file = holder[name];
  return file ? fileOf(file, field) : undefined;
}

async function fileOf(file: string, field: string, mayBeMissing = false): Promise<Buffer> {
  return readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (mayBeMissing) return Buffer.alloc(0);
    throw new RunbookError('InvalidConfig', `${field}: ${file} cannot be read (${error.code})`);
  });
}
