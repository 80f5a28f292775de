import * as z from 'zod';
import { httpAddress } from '../../schema-parts/http-address.ts';
import { duration, section, text } from '../../schema-parts/parts.ts';
import { secretReference } from '../../schema-parts/secret-reference.ts';
import type { SettingsFrom } from '../../schema-parts/settings.ts';

const auth = z
  .discriminatedUnion(
    'mode',
    [
      section({ mode: z.literal('none').describe('no header.') }),
      section({
        mode: z.literal('bearer').describe('the secret is the token.'),
        secret: secretReference().describe('The token, without the word Bearer.'),
      }),
      section({
        mode: z.literal('basic').describe('a name and a password.'),
        username: text(200)
          .refine((name) => !name.includes(':'), { error: 'a user name has no colon (RFC 7617)' })
          .describe('The name.'),
        password: secretReference().describe('The password.'),
      }),
    ],
    { error: 'expected mode none, bearer or basic' },
  )
  .prefault({ mode: 'none' });

const tls = section({
  ca: secretReference()
    .describe('PEM of the certificates that are trusted, in place of those of the system.')
    .exactOptional(),
  cert: secretReference().describe('PEM of the certificate that the worker shows (mTLS).').exactOptional(),
  key: secretReference().describe('PEM of the key of `cert`, without a passphrase.').exactOptional(),
  serverName: z
    .string()
    .regex(/^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/, 'expected a host name')
    .describe('Name that the certificate has to be for; default: the host of the address.')
    .exactOptional(),
})
  .refine(({ cert, key }) => (cert === undefined) === (key === undefined), {
    error: 'cert and key belong together: give both or none',
  })
  .refine((settings) => Object.keys(settings).length > 0, {
    error: 'expected ca, cert with key, or serverName',
  });

/** Headers of the request that are set here: another value would break it, or be a second way to log in. */
const OURS =
  /^(authorization|host|content-type|content-length|transfer-encoding|connection|keep-alive|upgrade|te|trailer|expect|accept|accept-encoding)$/i;

const headers = z
  .record(
    z
      .string()
      .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, 'expected the name of a header')
      .refine((name) => !OURS.test(name), { error: 'this header is set by the worker: see auth' }),
    z.union([text(1000).regex(/^[\x20-\x7e]*$/, 'expected printable ASCII'), secretReference()]),
  )
  .refine((all) => !Object.keys(all).some((name) => /^(env|file|kubernetesSecret)$/.test(name)), {
    error: 'a reference belongs to a header: { X-Name: { env: … } }',
  })
  .refine((all) => Object.keys(all).length <= 10, { error: 'expected at most 10 headers' })
  .default({});

/** The section `prometheus:` of a service profile. */
export const prometheusSettings = section({
  addresses: z
    .array(httpAddress())
    .min(1, 'expected at least one address')
    .max(5, 'expected at most five addresses')
    .describe(
      'Base addresses of servers with the same data, Prometheus or what speaks its HTTP API (Thanos, Mimir, VictoriaMetrics), a path in front of `/api/v1` included. The first one that answers is asked.',
    ),
  auth: auth.describe('How the worker logs in, at every address alike.'),
  tls: tls.optional().describe('Certificates, for https addresses.'),
  headers: headers.describe(
    'Further headers, such as the tenant `X-Scope-OrgID`: a text, or a reference where it is a secret.',
  ),
  timeout: duration('100ms', '1m')
    .prefault('5s')
    .describe('Time-out of one query at one address; Prometheus gives a query up after it too.'),
  maxResponse: z
    .int()
    .min(64)
    .max(65_536)
    .default(4096)
    .describe('Longest answer in KiB; what is longer is not read to its end.'),
})
  .refine(({ addresses, tls }) => !tls || addresses.every((address) => address.startsWith('https:')), {
    error: 'tls needs https addresses',
    path: ['tls'],
  })
  .transform(({ timeout, maxResponse, ...settings }) => ({
    ...settings,
    timeoutMs: timeout,
    maxResponseBytes: maxResponse * 1024,
  }));

/** What can be set of Prometheus. */
export type PrometheusSettings = SettingsFrom<typeof prometheusSettings>;
