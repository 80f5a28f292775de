import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SandboxTls } from './access.ts';
import { bits, boolean, integer, octets, oid, sequence, set, tagged, text, time } from './der.ts';

/** A certificate and its key, both PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** An authority of the sandbox alone. */
export interface Authority {
  /** Its own certificate, PEM. */
  readonly ca: string;
  /** A certificate for a server on 127.0.0.1, or for a client, with a name. */
  issue(name: string): Certificate;
}

const DAY_MS = 86_400_000;
const ECDSA_WITH_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));

/** Makes an authority, valid for a day. Node has nothing that writes certificates, and not every machine has openssl. */
export function createAuthority(name: string): Authority {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const constraints = extension('2.5.29.19', sequence(boolean(true)), true);
  const ca = certificate(
    { subject: name, issuer: name, publicKey: keys.publicKey, extensions: [constraints] },
    keys.privateKey,
  );
  return {
    ca,
    issue(subject) {
      const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const dns = tagged(0x82, Buffer.from(subject));
      const ip = tagged(0x87, Buffer.of(127, 0, 0, 1));
      const names = extension('2.5.29.17', sequence(dns, ip));
      return {
        cert: certificate(
          { subject, issuer: name, publicKey: own.publicKey, extensions: [names] },
          keys.privateKey,
        ),
        key: own.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      };
    },
  };
}

/** Files of a server that only clients with a certificate may ask, or all without `mutual`. */
export async function serverTls(
  folder: string,
  authority: Authority,
  { mutual }: { readonly mutual: boolean },
): Promise<SandboxTls> {
  await mkdir(folder, { recursive: true });
  const server = authority.issue('prometheus.sandbox');
  const file = (name: string) => join(folder, name);
  const files = { certFile: file('server.pem'), keyFile: file('server.key'), caFile: file('ca.pem') };
  await Promise.all([
    writeFile(files.certFile, server.cert),
    writeFile(files.keyFile, server.key, { mode: 0o600 }),
    writeFile(files.caFile, authority.ca),
  ]);
  return {
    certFile: files.certFile,
    keyFile: files.keyFile,
    ca: authority.ca,
    ...(mutual ? { clientCaFile: files.caFile, client: authority.issue('sandbox') } : {}),
  };
}

interface Contents {
  readonly subject: string;
  readonly issuer: string;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Buffer[];
}

/** X.509, version 3 (RFC 5280). */
function certificate({ subject, issuer, publicKey, extensions }: Contents, signedBy: KeyObject): string {
  const now = Date.now();
  const serial = randomBytes(16);
  const contents = sequence(
    tagged(0xa0, integer(Buffer.of(2))),
    integer(serial),
    ECDSA_WITH_SHA256,
    named(issuer),
    // Clocks of containers differ a little.
    sequence(time(new Date(now - DAY_MS)), time(new Date(now + DAY_MS))),
    named(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', contents, signedBy);
  const der = sequence(contents, ECDSA_WITH_SHA256, bits(signature));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function named(commonName: string): Buffer {
  return sequence(set(sequence(oid('2.5.4.3'), text(commonName))));
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(value));
}
