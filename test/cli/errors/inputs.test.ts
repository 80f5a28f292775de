import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../../../tools/ports.ts';
import { runCommand } from '../run-command.ts';

let folder: string;
let nowhere: NodeJS.ProcessEnv;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'runbook-inputs-'));
  const [port] = await freePorts(1);
  await Promise.all([
    writeFile(join(folder, 'temporal.toml'), '[profile.prod]\naddress = "127.0.0.1:1"\n'),
    writeFile(join(folder, 'bad.toml'), 'not [ toml'),
  ]);
  nowhere = { TEMPORAL_ADDRESS: `127.0.0.1:${port}`, TEMPORAL_CONFIG_FILE: join(folder, 'temporal.toml') };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const UUID = '7d1c3f0e-2a64-4a58-9c0b-5f2a9d1e7b33';
const WHO = ['--by', 'ada', '--reason', 'x'];
const ANSWERING = [
  ['decide', 'x', 'retry', ...WHO],
  ['approve', 'x', '--plan', 'abcdefabcdef', '--by', 'ada'],
  ['reject', 'x', '--plan', 'abcdefabcdef', ...WHO],
  ['pause', 'x', ...WHO],
  ['resume', 'x', ...WHO],
  ['change-target', 'x', '0.1.0', ...WHO],
  ['repeat-check', 'x', 'health', ...WHO],
  ['note', 'x', 'hello', '--by', 'ada'],
  ['evidence', 'x', ...WHO],
  ['cancel', 'x', '--by', 'ada'],
];

/** Everything that can be wrong with what is typed, found without a Temporal service: none is there. */
const WRONG: readonly (readonly [args: readonly string[], message: RegExp, env?: NodeJS.ProcessEnv])[] = [
  [
    ['rollback', '--profile', 'prd'],
    /^--profile: there is no profile prd .*; did you mean prod\? \(there are: prod;/,
  ],
  [['status', '--profile', 'other'], /^--profile: there is no profile other in [^;]* \(there are: prod;/],
  [
    ['status'],
    /^the Temporal environment configuration is wrong: Invalid TOML .* Check TEMPORAL_CONFIG_FILE/,
    { TEMPORAL_CONFIG_FILE: 'bad.toml' },
  ],
  [['status'], /is wrong: ENOENT.*'\/nosuch\.pem'\. Check/, { TEMPORAL_TLS_CLIENT_CERT_PATH: '/nosuch.pem' }],
  [['audit', 'rollback/x', '--run-id', 'nonsense'], /^--run-id: nonsense is no run id: that is a UUID/],
  ...ANSWERING.map((args) => [[...args, '--run-id', UUID.slice(1)], /^--run-id: \S+ is no run id/] as const),
  [
    ['audit', 'nosuchfile.json'],
    /^there is no file nosuchfile\.json; a run is named by its workflow id: runbook status lists/,
  ],
  [['audit', './nosuch'], /^there is no file \.\/nosuch;/],
  [['audit', 'test'], /^test: .*EISDIR/],
  [
    ['audit', 'test/histories/rolled-back.json', '--save', '/nosuch/x.json'],
    /^\/nosuch\/x\.json: there is no such file or folder$/,
  ],
  [
    ['decide', 'x', 'retrry', ...WHO],
    /^answer: retrry is no answer; did you mean retry\? \(there are: retry, skip,/,
  ],
  [['decide', 'x', 'nonsense', ...WHO], /^answer: nonsense is no answer \(there are: /],
  [['repeat-check', 'x', 'helth', ...WHO], /^check: helth is no check; did you mean health\?/],
  [['verify', '--accept', 'chat', 'agnets'], /^--accept: agnets is no check; did you mean agents\?/],
  [['rollback', '--to', ''], /^--to is empty$/],
  [['rollback', '--environment', ' '], /^--environment is empty$/],
  [['rollback', ''], /^service is empty$/],
  [['status', ''], /^workflow-id is empty$/],
  [['audit', ''], /^workflow-id-or-file is empty$/],
  [['rollback', '--workflow-id', 'é'.repeat(501)], /^--workflow-id: é+ … is longer than 1000 bytes$/],
  [
    ['note', 'x', 'hello', '--by', 'ada', '--update-id', 'x'.repeat(1001)],
    /^--update-id: x+ … is longer than/,
  ],
  [['status', '--ui', 'notaurl'], /^--ui: notaurl is no http or https address/],
  [['rollback', '--embedded', '--config', '.'], /^\. cannot be read \(EISDIR\)/],
];

describe('U6 what is typed wrong ends with 2, in one sentence and at once', () => {
  it.concurrent.each(WRONG.map(([args, message, more = {}]) => [args, message, more] as const))(
    '%j',
    async (args, message, more) => {
      const file = more.TEMPORAL_CONFIG_FILE;
      const env = { ...nowhere, ...more, ...(file ? { TEMPORAL_CONFIG_FILE: join(folder, file) } : {}) };
      const { code, stdout, stderr } = await runCommand(args, env);
      expect(stderr.trimEnd()).toMatch(message);
      expect(stderr.trimEnd().split('\n')).toHaveLength(1);
      expect(stdout).toBe('');
      expect(code).toBe(2);
    },
  );

  it('a subject of an audit that is neither a path nor to be looked up says both, and ends with 8', async () => {
    const { code, stderr } = await runCommand(['audit', 'nosuch'], nowhere);
    expect(stderr).toMatch(
      /^there is no file nosuch, and as a workflow id: Temporal at .* cannot be reached/,
    );
    expect(code).toBe(8);
  });
});
