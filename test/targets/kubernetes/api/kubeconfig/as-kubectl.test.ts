import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { leaseTransport } from '../../../../../src/targets/kubernetes/api/shared-transport.ts';
import { locateTool } from '../../../../../tools/index.ts';
import { selfSigned } from '../../certificate.ts';
import { context, errorOf } from '../../support.ts';
import { openRecorder, type Recorder, type Shown } from './recorder.ts';

const run = promisify(execFile);
const { signal } = context;
const client = selfSigned('somebody');
let recorder: Recorder;
let kubectl: string;
let folder: string;

beforeAll(async () => {
  [recorder, { path: kubectl }] = await Promise.all([openRecorder(), locateTool('kubectl')]);
});
afterAll(() => recorder.close());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'as-kubectl-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

type Entry = Readonly<Record<string, unknown>>;
interface Case {
  readonly user?: Entry;
  readonly cluster?: Entry;
  /** Further files, by their name in the folder of the kubeconfig. */
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Files of the KUBECONFIG list; default: the one that is named by itself. */
  readonly list?: readonly string[];
  readonly context?: string;
}

const ca = () => ({ 'certificate-authority-data': base64(recorder.server.cert) });
const here = () => ({ server: `https://127.0.0.1:${recorder.port}`, ...ca() });
const there = () => ({ server: 'https://cluster.example:6443', ...ca() });
const proxy = () => `http://127.0.0.1:${recorder.proxyPort}`;
const base64 = (text: string) => Buffer.from(text).toString('base64');
const V1 = 'client.authentication.k8s.io/v1';

function kubeconfig(
  { cluster = here(), user = { token: 'abc' } }: Pick<Case, 'cluster' | 'user'>,
  current = 'x',
): string {
  return JSON.stringify({
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': current,
  });
}

/** A plugin that gives what a shell script says. */
const plugin = (token: string, version = V1) =>
  `#!/bin/sh\n[ "$1" = cat ] && cat >/dev/null\nprintf '{"apiVersion":"${version}","kind":"ExecCredential","status":{"token":"%s"}}' "${token}"\n`;
const INFO = '$(printf %s "$KUBERNETES_EXEC_INFO" | base64 | tr -d "\\n")';
const exec = (more: Entry = {}) => ({
  exec: { command: './plugin', apiVersion: V1, interactiveMode: 'IfAvailable', ...more },
});
const withCertificate = `#!/bin/sh\nprintf '{"apiVersion":"${V1}","kind":"ExecCredential","status":{"clientCertificateData":"%s","clientKeyData":"%s"}}' "$CERT" "$KEY"\n`;
const inOneLine = (pem: string) => pem.replaceAll('\n', '\\n');

/** Writes the files of a case. */
async function prepare({ files = {}, list, env = {}, ...entries }: Case) {
  const all = { config: kubeconfig(entries), ...files };
  for (const [name, text] of Object.entries(all)) {
    const file = join(folder, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    await chmod(file, 0o700);
  }
  const named = list ? {} : { kubeconfig: join(folder, 'config') };
  const KUBECONFIG = (list ?? []).map((name) => (name ? join(folder, name) : '')).join(':');
  for (const name of ['HTTPS_PROXY', 'https_proxy', 'NO_PROXY', 'no_proxy']) vi.stubEnv(name, '');
  vi.stubEnv('HOME', folder);
  vi.stubEnv('KUBECONFIG', KUBECONFIG);
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  return { ...named, ...(entries.context ? { context: entries.context } : {}) };
}

const PATH = '/api/v1/namespaces/phoenix/pods/any';

async function byKubectl({ kubeconfig: file, context: name }: Awaited<ReturnType<typeof prepare>>) {
  const args = [...(file ? ['--kubeconfig', file] : []), ...(name ? ['--context', name] : [])];
  const asking = run(kubectl, [...args, '--request-timeout=5s', 'get', '--raw', PATH]);
  asking.child.stdin?.end();
  const failure = await asking.then(
    () => undefined,
    (error: { stderr?: string }) => error.stderr ?? String(error),
  );
  return { failure, shown: recorder.taken() };
}

async function byUs(reference: Awaited<ReturnType<typeof prepare>>) {
  const lease = leaseTransport(reference);
  try {
    await lease.transport.get({ resource: 'pods', namespace: 'phoenix', name: 'any' }, signal);
    return recorder.taken();
  } finally {
    await lease.release();
  }
}

const TAKEN: readonly (readonly [string, () => Case, Partial<Shown>])[] = [
  ['a token', () => ({ user: { token: 'abc' } }), { authorization: 'Bearer abc' }],
  [
    'a token in a file beside the kubeconfig, with a newline',
    () => ({ user: { tokenFile: 'token' }, files: { token: 'abc\n' } }),
    { authorization: 'Bearer abc' },
  ],
  [
    'a token in a file before one in the kubeconfig',
    () => ({ user: { token: 'inline', tokenFile: 'token' }, files: { token: 'abc' } }),
    { authorization: 'Bearer abc' },
  ],
  [
    'name and password',
    () => ({ user: { username: 'me', password: 'pw' } }),
    { authorization: `Basic ${base64('me:pw')}` },
  ],
  [
    'a client certificate',
    () => ({
      user: { 'client-certificate-data': base64(client.cert), 'client-key-data': base64(client.key) },
    }),
    { certificate: 'somebody' },
  ],
  [
    'certificates in files beside the kubeconfig',
    () => ({
      user: { 'client-certificate': 'my.crt', 'client-key': 'keys/my.key' },
      cluster: { server: here().server, 'certificate-authority': 'ca.crt' },
      files: { 'my.crt': client.cert, 'keys/my.key': client.key, 'ca.crt': recorder.server.cert },
    }),
    { certificate: 'somebody' },
  ],
  [
    'an exec plugin beside the kubeconfig',
    () => ({ user: exec(), files: { plugin: plugin('given') } }),
    { authorization: 'Bearer given' },
  ],
  [
    'an exec plugin on the PATH, with arguments and variables, of v1beta1',
    () => ({
      user: {
        exec: {
          command: 'our-plugin',
          args: ['-c', 'x'],
          env: [{ name: 'SOME', value: 'thing' }],
          apiVersion: 'client.authentication.k8s.io/v1beta1',
        },
      },
      files: { 'bin/our-plugin': plugin('$1$2$SOME', 'client.authentication.k8s.io/v1beta1') },
      env: { PATH: `${join(folder, 'bin')}:${process.env.PATH}` },
    }),
    { authorization: 'Bearer -cxthing' },
  ],
  [
    'an exec plugin that wants to know the cluster, with a CA in a file',
    () => ({
      user: exec({ provideClusterInfo: true }),
      cluster: {
        server: `https://127.0.0.1:${recorder.port}/`,
        'tls-server-name': 'localhost',
        'certificate-authority': 'ca.crt',
        extensions: [{ name: 'client.authentication.k8s.io/exec', extension: { audience: 'us' } }],
      },
      files: { plugin: plugin(INFO), 'ca.crt': recorder.server.cert },
    }),
    {
      authorization: expect.objectContaining({
        spec: expect.objectContaining({ cluster: expect.objectContaining({ config: { audience: 'us' } }) }),
      }),
    },
  ],
  [
    'an exec plugin that is told nothing of the cluster',
    () => ({ user: exec(), files: { plugin: plugin(INFO) } }),
    { authorization: { kind: 'ExecCredential', apiVersion: V1, spec: { interactive: false } } },
  ],
  [
    'an exec plugin that reads its input',
    () => ({ user: exec({ args: ['cat'] }), files: { plugin: plugin('read') } }),
    { authorization: 'Bearer read' },
  ],
  [
    'an exec plugin that gives a certificate',
    () => ({
      user: exec(),
      files: { plugin: withCertificate },
      env: { CERT: inOneLine(client.cert), KEY: inOneLine(client.key) },
    }),
    { certificate: 'somebody' },
  ],
  [
    'a token before an exec plugin',
    () => ({ user: { token: 'abc', ...exec() }, files: { plugin: plugin('given') } }),
    { authorization: 'Bearer abc' },
  ],
  [
    'impersonation of a user with uid, groups and more',
    () => ({
      user: {
        token: 'abc',
        as: 'jane',
        'as-uid': '42',
        'as-groups': ['ops', 'on-call'],
        'as-user-extra': { 'acme.com/Project': ['one', 'two'], scope: ['all'] },
      },
    }),
    {
      impersonate: {
        'impersonate-user': 'jane',
        'impersonate-uid': '42',
        'impersonate-group': 'ops, on-call',
        'impersonate-extra-acme.com%2fproject': 'one, two',
        'impersonate-extra-scope': 'all',
      },
    },
  ],
  [
    'another name of the server (tls-server-name)',
    () => ({ cluster: { ...here(), 'tls-server-name': 'cluster.example' } }),
    { serverName: 'cluster.example' },
  ],
  [
    'a server that is not verified',
    () => ({ cluster: { server: here().server, 'insecure-skip-tls-verify': true } }),
    { path: PATH },
  ],
  [
    'a server behind a path',
    () => ({ cluster: { ...here(), server: `${here().server}/k8s/clusters/c-1/` } }),
    { path: `/k8s/clusters/c-1${PATH}` },
  ],
  ['HTTPS_PROXY', () => ({ cluster: there(), env: { HTTPS_PROXY: proxy() } }), { proxied: true }],
  [
    'https_proxy without a scheme',
    () => ({ cluster: there(), env: { https_proxy: proxy().replace('http://', '') } }),
    { proxied: true },
  ],
  ['no proxy for this machine itself', () => ({ env: { HTTPS_PROXY: proxy() } }), { proxied: false }],
  [
    'a proxy of its own (proxy-url) before HTTPS_PROXY',
    () => ({
      cluster: { ...there(), 'proxy-url': proxy() },
      env: { HTTPS_PROXY: 'http://127.0.0.1:1', NO_PROXY: '*' },
    }),
    { proxied: true },
  ],
  [
    'NO_PROXY that names others',
    () => ({
      cluster: there(),
      env: { HTTPS_PROXY: proxy(), NO_PROXY: 'r.example,.cluster.example,10.0.0.0/8' },
    }),
    { proxied: true },
  ],
  [
    'a KUBECONFIG list whose first file is missing and whose second is empty',
    () => ({ list: ['missing', '', 'empty', 'config'], files: { empty: '' }, user: { token: 'abc' } }),
    { authorization: 'Bearer abc' },
  ],
  [
    'a KUBECONFIG list in which the first file with a name counts, and entries are not joined',
    () => ({
      list: ['first', 'config'],
      user: { token: 'second', as: 'jane' },
      files: {
        first: JSON.stringify({ users: [{ name: 'u', user: { token: 'first' } }] }),
      },
    }),
    { authorization: 'Bearer first', impersonate: {} },
  ],
  [
    'the current context of the first file that has one',
    () => ({
      list: ['first', 'config'],
      user: { token: 'abc' },
      files: {
        first: JSON.stringify({
          'current-context': 'mine',
          contexts: [{ name: 'mine', context: { cluster: 'c', user: 'me' } }],
          users: [{ name: 'me', user: { token: 'mine' } }],
        }),
      },
    }),
    { authorization: 'Bearer mine' },
  ],
  [
    'the kubeconfig of the home folder',
    () => ({ list: [], files: { '.kube/config': kubeconfig({ user: { token: 'home' } }) } }),
    { authorization: 'Bearer home' },
  ],
];

const REFUSED: readonly (readonly [string, () => Case, RegExp])[] = [
  ['a context that is not there', () => ({ context: 'y' }), /has no context "y"; it has "x"/],
  [
    'no current context',
    () => ({ list: ['config'], files: { config: kubeconfig({}, '') } }),
    /kubernetes\.context.*"x"/,
  ],
  ['a file that is not there', () => ({ files: { config: '' } }), /no current-context|no kubeconfig/],
  [
    'a token that is a number',
    () => ({ user: { token: 12345 } }),
    /users\[0\]\.user\.token: expected a text/,
  ],
  [
    'two entries of one name',
    () => ({ files: { config: JSON.stringify({ users: [{ name: 'u' }, { name: 'u' }] }) } }),
    /users: the name "u" stands twice/,
  ],
  [
    'a name that YAML 1.1 takes for no text',
    () => ({ files: { config: 'contexts: [{name: on}]' } }),
    /contexts\[0\]\.name/,
  ],
  ['no YAML', () => ({ files: { config: 'users:\n  - name: u\n  user: [' } }), /is no YAML \(line \d/],
  ['a token beside name and password', () => ({ user: { token: 'a', username: 'b' } }), /user "u": username/],
  [
    'a certificate without its key',
    () => ({ user: { 'client-certificate-data': 'YQ==' } }),
    /user "u": client-key/,
  ],
  [
    'a certificate that cannot be read',
    () => ({ user: { 'client-certificate': 'gone.crt', 'client-key-data': 'YQ==' } }),
    /user "u": client-certificate: .*gone\.crt cannot be read \(ENOENT\)/,
  ],
  [
    'a token file that is gone',
    () => ({ user: { tokenFile: 'gone' } }),
    /user "u": tokenFile: .*gone cannot be read/,
  ],
  ['groups without a user', () => ({ user: { 'as-groups': ['ops'] } }), /user "u": as-groups/],
  ['more without a user', () => ({ user: { 'as-user-extra': { a: ['b'] } } }), /user "u": as-user-extra/],
  [
    'a provider that kubectl has dropped',
    () => ({ user: { 'auth-provider': { name: 'gcp' } } }),
    /user "u": auth-provider/,
  ],
  [
    'a plugin of an old protocol',
    () => ({ user: exec({ apiVersion: `${V1}alpha1` }) }),
    /user "u": exec\.apiVersion/,
  ],
  [
    'a plugin without a mode',
    () => ({ user: exec({ interactiveMode: undefined }) }),
    /user "u": exec\.interactiveMode/,
  ],
  [
    'a plugin that needs a terminal',
    () => ({ user: exec({ interactiveMode: 'Always' }) }),
    /user "u": exec\.interactiveMode/,
  ],
  ['a plugin without a command', () => ({ user: exec({ command: '' }) }), /user "u": exec\.command/],
  [
    'a plugin that is not there',
    () => ({ user: exec({ command: './gone' }) }),
    /gone of user "u" cannot be run \(.*not found/,
  ],
  [
    'a plugin that answers in another version',
    () => ({ user: exec(), files: { plugin: plugin('a', `${V1}beta1`) } }),
    /answered in client\.authentication\.k8s\.io\/v1beta1/,
  ],
  [
    'a plugin that fails',
    () => ({ user: exec(), files: { plugin: '#!/bin/sh\necho log in >&2; exit 3' } }),
    /code 3: log in/,
  ],
  [
    'a CA beside a server that is not verified',
    () => ({ cluster: { ...here(), 'insecure-skip-tls-verify': true } }),
    /cluster "c": insecure-skip-tls-verify/,
  ],
  [
    'a CA that is no base64',
    () => ({ cluster: { ...here(), 'certificate-authority-data': '%%' } }),
    /certificate-authority-data/,
  ],
  [
    'a proxy of an unknown kind',
    () => ({ cluster: { ...here(), 'proxy-url': 'ftp://a' } }),
    /cluster "c": proxy-url/,
  ],
  ['a server that nobody trusts', () => ({ cluster: { server: here().server } }), /self-signed|certificate/],
];

/** What kubectl takes and a worker does not, named instead of being passed over. */
const NOT_SUPPORTED: readonly (readonly [string, () => Case, RegExp])[] = [
  [
    'a SOCKS proxy',
    () => ({ cluster: { ...here(), 'proxy-url': 'socks5://127.0.0.1:1' } }),
    /cluster "c": proxy-url/,
  ],
  [
    'a SOCKS proxy of the environment',
    () => ({ cluster: there(), env: { HTTPS_PROXY: 'socks5://127.0.0.1:1' } }),
    /HTTPS_PROXY/,
  ],
  ['a server without a scheme', () => ({ cluster: { server: '127.0.0.1:1' } }), /cluster "c": server/],
];

describe('K20 a kubeconfig is taken as kubectl takes it:', () => {
  it.each(TAKEN)('%s', async (_name, make, expected) => {
    const reference = await prepare(make());
    const { failure, shown } = await byKubectl(reference);
    expect(failure).toBeUndefined();
    expect(shown).toMatchObject([expected]);
    expect(await byUs(reference)).toEqual(shown);
  });

  it('NO_PROXY that names the server', async () => {
    const reference = await prepare({
      user: { token: 'abc' },
      cluster: there(),
      env: { HTTPS_PROXY: proxy(), NO_PROXY: 'a.example, .EXAMPLE' },
    });
    // The name is of nobody: what matters is that the proxy is not asked.
    expect((await byKubectl(reference)).failure).toMatch(/no such host|lookup/);
    expect((await errorOf(byUs(reference))).message).toMatch(/ENOTFOUND|EAI_AGAIN/);
    expect(recorder.taken()).toEqual([]);
  });

  it.each(REFUSED)('refused: %s', async (_name, make, expected) => {
    const reference = await prepare(make());
    expect((await byKubectl(reference)).failure).toBeTruthy();
    expect((await errorOf(byUs(reference))).message).toMatch(expected);
  });

  it.each(NOT_SUPPORTED)('refused by name: %s', async (_name, make, expected) => {
    expect((await errorOf(byUs(await prepare(make())))).message).toMatch(expected);
  });
});
