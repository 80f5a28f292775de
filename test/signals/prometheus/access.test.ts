import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { answer, startFaultProxy } from '../../../sandbox/faults/index.ts';
import {
  createAuthority,
  locatePrometheusPrograms,
  prometheusProblem,
  SANDBOX_LOGIN,
  type SandboxPrometheus,
  serverTls,
  startPrometheus,
} from '../../../sandbox/prometheus/index.ts';
import { openProcesses, type Processes } from '../../../tools/processes/index.ts';
import { measured, readOne, settingsOf, whyOf } from './surroundings.ts';

const problem = await prometheusProblem();
const queries = { value: 'vector(7)' };

const authority = createAuthority('an authority of the test');
const stranger = createAuthority('another authority');
const [ours, theirs] = [authority.issue('worker'), stranger.issue('worker')];

let processes: Processes;
/** With a login; with TLS and a login; with client certificates. */
let servers: Record<'login' | 'tls' | 'mutual', SandboxPrometheus>;
beforeAll(async () => {
  if (problem) return;
  processes = await openProcesses();
  const programs = await locatePrometheusPrograms();
  const folder = join(processes.folder, 'certificates');
  const [one, two] = await Promise.all([
    serverTls(join(folder, 'tls'), authority, { mutual: false }),
    serverTls(join(folder, 'mutual'), authority, { mutual: true }),
  ]);
  const [login, tls, mutual] = await Promise.all([
    startPrometheus(processes, programs, { access: { login: SANDBOX_LOGIN } }),
    startPrometheus(processes, programs, { access: { login: SANDBOX_LOGIN, tls: one } }),
    startPrometheus(processes, programs, { access: { tls: two } }),
  ]);
  servers = { login, tls, mutual };
});
afterAll(() => processes?.close());

const auth = { mode: 'basic', username: SANDBOX_LOGIN.username, password: { env: 'PASSWORD' } };
const env = {
  PASSWORD: SANDBOX_LOGIN.password,
  CA: authority.ca,
  CERT: ours.cert,
  KEY: ours.key,
  WRONG_CA: stranger.ca,
  WRONG_CERT: theirs.cert,
  WRONG_KEY: theirs.key,
  NO_PEM: 'not a certificate',
};
const ca = { env: 'CA' };
const [cert, key] = [{ env: 'CERT' }, { env: 'KEY' }];

interface Way {
  readonly to: 'login' | 'tls' | 'mutual';
  readonly written?: object;
  readonly env?: Readonly<Record<string, string>>;
}
const read = ({ to, written = {}, env: others = {} }: Way) =>
  readOne({
    settings: settingsOf({ addresses: [servers[to].url], timeout: '20s', ...written }),
    queries,
    env: { ...env, ...others },
  });

describe.skipIf(problem)(`the way into Prometheus${problem ? ` (skipped: ${problem})` : ''}`, () => {
  test.each<[string, Way]>([
    ['a name and a password', { to: 'login', written: { auth } }],
    ['TLS, a CA of its own, a name and a password', { to: 'tls', written: { auth, tls: { ca } } }],
    [
      'TLS, and another name than that of the address',
      { to: 'tls', written: { auth, tls: { ca, serverName: 'prometheus.sandbox' } } },
    ],
    ['a client certificate', { to: 'mutual', written: { tls: { ca, cert, key } } }],
  ])('%s', async (_, way) => {
    const reading = measured(await read(way));
    expect(reading.now.value).toBe(7);
    expect(reading.past.length).toBeGreaterThan(60);
  });

  test.each<[string, Way, RegExp]>([
    ['no login', { to: 'login' }, /: answered 401: the login was not accepted$/],
    [
      'a wrong password',
      { to: 'login', written: { auth }, env: { PASSWORD: 'hunter2-of-mine' } },
      /: answered 401: the login/,
    ],
    ['an authority that nobody knows', { to: 'tls', written: { auth } }, /: certificate not accepted \(/],
    [
      'another authority',
      { to: 'tls', written: { auth, tls: { ca: { env: 'WRONG_CA' } } } },
      /: certificate not accepted \(/,
    ],
    [
      'another name',
      { to: 'tls', written: { auth, tls: { ca, serverName: 'prometheus.other' } } },
      /\(ERR_TLS_CERT_ALTNAME_INVALID\)/,
    ],
    // The server says so after the handshake, or closes the connection first.
    [
      'no client certificate',
      { to: 'mutual', written: { tls: { ca } } },
      /: (certificate not accepted \(|connection (reset|closed))/,
    ],
    [
      'a client certificate of another authority',
      { to: 'mutual', written: { tls: { ca, cert: { env: 'WRONG_CERT' }, key: { env: 'WRONG_KEY' } } } },
      /certificate|connection (reset|closed)|ERR_SSL/,
    ],
    ['plain HTTP where TLS is spoken', { to: 'tls', written: { plain: true } }, /: answered 400 \(/],
    [
      'a key of another certificate',
      { to: 'mutual', written: { tls: { ca, cert, key: { env: 'WRONG_KEY' } } } },
      /cannot be used together \(ERR_/,
    ],
    [
      'a CA that is none',
      { to: 'tls', written: { auth, tls: { ca: { env: 'NO_PEM' } } } },
      /prometheus\.tls\.ca holds no certificate/,
    ],
    [
      'a password that is not set',
      { to: 'login', written: { auth: { ...auth, password: { env: 'NONE' } } } },
      /^Prometheus cannot be asked: the environment variable NONE is not set$/,
    ],
    [
      'a file that is not there',
      { to: 'mutual', written: { tls: { ca: { file: '/no/such/ca.pem' } } } },
      /the file \/no\/such\/ca\.pem cannot be read \(ENOENT\)/,
    ],
  ])('%s: no data, and why', async (_, way, why) => {
    const { plain, ...written } = { plain: false, ...way.written };
    const url = servers[way.to].url;
    const said = whyOf(
      plain
        ? await read({ ...way, written: { ...written, addresses: [url.replace('https:', 'http:')] } })
        : await read({ ...way, written }),
    );
    expect(said).toMatch(why);
    expect(said).not.toMatch(/hunter2|127\.0\.0\.1|PRIVATE/);
  });

  test('secrets are read for every reading anew', async () => {
    const rotating: Record<string, string> = { ...env, PASSWORD: 'the old password' };
    const written = { auth, tls: { ca: { env: 'CA' } } };
    expect(whyOf(await read({ to: 'tls', written, env: rotating }))).toMatch(/answered 401/);
    expect(measured(await read({ to: 'tls', written })).now.value).toBe(7);
    expect(whyOf(await read({ to: 'tls', written, env: { CA: stranger.ca } }))).toMatch(/not accepted/);
    expect(measured(await read({ to: 'tls', written })).now.value).toBe(7);
  });

  test('a bearer token and headers are sent to every address, and are masked in what comes back', async () => {
    const [token, tenant] = ['q1w2+/e3r4==', 'a tenant that is secret'];
    const basic = Buffer.from(`${SANDBOX_LOGIN.username}:${SANDBOX_LOGIN.password}`).toString('base64');
    const proxy = await startFaultProxy({ upstream: servers.login.url });
    onTestFinished(() => proxy.close());
    proxy.rule({}, async (intercepted) => {
      const { authorization, 'x-tenant': given } = intercepted.request.headers;
      const echo = `{"status":"error","errorType":"bad_data","error":"${authorization} ${String(given)}"}`;
      if (authorization !== `Bearer ${token}` || given !== tenant) return answer(400, echo)(intercepted);
      // What stands in front of it has a login of its own.
      intercepted.request.headers.authorization = `Basic ${basic}`;
      return intercepted.pass();
    });
    const written = {
      addresses: [proxy.url],
      auth: { mode: 'bearer', secret: { env: 'TOKEN' } },
      headers: { 'X-Tenant': { env: 'TENANT' }, 'X-Scope-OrgID': 'team-a' },
    };
    const ask = (others: Record<string, string>) =>
      readOne({ settings: settingsOf(written), queries, env: { TOKEN: token, TENANT: tenant, ...others } });
    expect(measured(await ask({})).now.value).toBe(7);
    expect(proxy.requests.at(-1)?.headers).toMatchObject({ 'x-scope-orgid': 'team-a', 'x-tenant': tenant });
    expect(whyOf(await ask({ TENANT: 'another one that is secret' }))).toBe(
      'Prometheus: refuses the query (bad_data: Bearer ••• •••)',
    );
    expect(whyOf(await ask({ TOKEN: 'Bearer abc' }))).toMatch(/the bearer token holds characters/);
    expect(whyOf(await ask({ TENANT: 'two\nlines' }))).toMatch(/the header X-Tenant holds characters/);
  });
});
