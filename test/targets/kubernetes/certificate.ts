import { createHash, generateKeyPairSync, sign } from 'node:crypto';

/** A certificate that vouches for itself, with its key. */
export interface SelfSigned {
  readonly cert: string;
  readonly key: string;
}

/** A self-signed X.509 certificate (RFC 5280) of this machine, for servers and clients of a test. */
export function selfSigned(commonName: string): SelfSigned {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = sequence(set(sequence(oid(2, 5, 4, 3), value(0x0c, Buffer.from(commonName)))));
  const algorithm = sequence(oid(1, 2, 840, 10045, 4, 3, 2));
  const isAuthority = sequence(oid(2, 5, 29, 19), value(0x04, sequence(value(0x01, Buffer.from([0xff])))));
  const names = [
    value(0x82, Buffer.from('localhost')),
    value(0x82, Buffer.from('cluster.example')),
    value(0x87, Buffer.from([127, 0, 0, 1])),
  ];
  const alternatives = sequence(oid(2, 5, 29, 17), value(0x04, sequence(...names)));
  const body = sequence(
    value(0xa0, integer(Buffer.from([2]))),
    integer(createHash('sha256').update(commonName).digest().subarray(0, 8)),
    algorithm,
    name,
    sequence(time(-3600_000), time(3600_000)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    value(0xa3, sequence(isAuthority, alternatives)),
  );
  const signature = value(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', body, privateKey)]));
  const der = sequence(body, algorithm, signature).toString('base64');
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${der.replace(/(.{64})/g, '$1\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'sec1', format: 'pem' }).toString(),
  };
}

/** One value in DER. */
function value(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const head =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return value(0x30, Buffer.concat(parts));
}

function set(...parts: readonly Buffer[]): Buffer {
  return value(0x31, Buffer.concat(parts));
}

function integer(bytes: Buffer): Buffer {
  // A leading bit would make it negative.
  return value(0x02, (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
}

function oid(first: number, second: number, ...rest: readonly number[]): Buffer {
  const bytes = rest.flatMap((part) => {
    const groups = [part & 0x7f];
    for (let left = part >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80);
    return groups;
  });
  return value(0x06, Buffer.from([first * 40 + second, ...bytes]));
}

/** A time so many milliseconds from now (UTCTime). */
function time(fromNow: number): Buffer {
  const digits = new Date(Date.now() + fromNow).toISOString().replace(/[-:T]/g, '').slice(2, 14);
  return value(0x17, Buffer.from(`${digits}Z`));
}
