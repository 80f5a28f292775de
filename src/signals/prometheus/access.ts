import { createHash } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { Agent, type Dispatcher } from 'undici';
import { RunbookError } from '../../domain/errors.ts';
import type { SecretReference } from '../../domain/request/profile.ts';
import { basic, bearer } from '../../http/authorization.ts';
import type { SecretResolver } from '../../secrets/index.ts';
import type { PrometheusSettings } from './settings.ts';

/** What requests are sent with. Holds secrets: never logged. */
export interface Access {
  readonly headers: Readonly<Record<string, string>>;
  /** What is masked in answers. */
  readonly secrets: readonly string[];
  /** Connections with the certificates of the profile; none where it has none. */
  readonly dispatcher?: Dispatcher;
}

/**
 * Reads the secrets of the section, each time anew, so that rotated ones are taken up.
 * @throws RunbookError `SecretUnavailable` that names the reference, or says what is wrong with a certificate.
 */
export async function openAccess(
  settings: PrometheusSettings,
  secrets: SecretResolver,
  signal: AbortSignal,
): Promise<Access> {
  const kept: string[] = [];
  const read = async (reference: SecretReference) => {
    const value = await secrets.resolve(reference, signal);
    kept.push(value);
    return value;
  };
  const headers = await Promise.all(
    Object.entries(settings.headers).map(async ([name, value]) => [
      name.toLowerCase(),
      typeof value === 'string' ? value : asHeader(name, await read(value)),
    ]),
  );
  const authorization = await authorise(settings.auth, read);
  const dispatcher = settings.tls && (await certified(settings.tls, secrets, signal));
  return {
    headers: { ...Object.fromEntries(headers), ...authorization },
    secrets: kept,
    ...(dispatcher ? { dispatcher } : {}),
  };
}

async function authorise(
  auth: PrometheusSettings['auth'],
  read: (reference: SecretReference) => Promise<string>,
): Promise<Readonly<Record<string, string>>> {
  switch (auth.mode) {
    case 'none':
      return {};
    case 'bearer':
      return bearer(await read(auth.secret));
    case 'basic':
      return {
        authorization: basic({ username: auth.username, password: await read(auth.password) }),
      };
  }
}

function asHeader(name: string, value: string): string {
  if (/^[\x20-\x7e]+$/.test(value)) return value;
  const problem = `the value of the header ${name} holds characters that a header cannot have`;
  throw new RunbookError('SecretUnavailable', problem);
}

/** One pool for each set of certificates: to make one for every read would be a handshake for each. */
const pools = new Map<string, Agent>();
/** Certificates are renewed now and then; those of before are let go. */
const MOST_POOLS = 10;

async function certified(
  tls: NonNullable<PrometheusSettings['tls']>,
  secrets: SecretResolver,
  signal: AbortSignal,
): Promise<Dispatcher> {
  const pem = async (reference: SecretReference | undefined) =>
    reference && (await secrets.resolve(reference, signal));
  const [ca, cert, key] = await Promise.all([pem(tls.ca), pem(tls.cert), pem(tls.key)]);
  const connect = {
    ...(ca ? { ca } : {}),
    ...(cert && key ? { cert, key } : {}),
    ...(tls.serverName ? { servername: tls.serverName } : {}),
  };
  const id = createHash('sha256').update(JSON.stringify(connect)).digest('hex');
  const known = pools.get(id);
  if (known) return known;
  requireReadable(connect);
  const pool = new Agent({
    allowH2: false,
    keepAliveTimeout: 4000,
    connections: 8,
    connect: { ...connect, timeout: 10_000 },
  });
  pools.set(id, pool);
  const [oldest] = pools;
  // Requests that are under way end first.
  if (pools.size > MOST_POOLS && oldest) {
    pools.delete(oldest[0]);
    void oldest[1].close();
  }
  return pool;
}

/** What is no certificate, or a key of another one, would otherwise fail at every request and say little. */
function requireReadable(connect: {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}): void {
  if (connect.ca !== undefined && !connect.ca.includes('-----BEGIN CERTIFICATE-----'))
    throw new RunbookError('SecretUnavailable', 'prometheus.tls.ca holds no certificate in PEM');
  try {
    createSecureContext(connect);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    const problem = `prometheus.tls: the certificates cannot be used together${code}: is each of them PEM, and the key that of cert?`;
    throw new RunbookError('SecretUnavailable', problem);
  }
}
