import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createComposeTarget } from '../../../src/targets/compose/index.ts';
import { EVERYTHING } from '../../faults/rows.ts';
import type { KilledAt } from './programs/killed-at-rename.ts';
import { type ComposeText, quietWith } from './texts.ts';
import { type Outcome, startWorker } from './worker.ts';
import { contentsOf, context, FILE, openWorld, problem, type Service, titled } from './world.ts';

const KEY = 'key-of-the-evidence';
const HOOK = join(import.meta.dirname, 'programs/killed-at-rename.ts');
const CONFIG = ['app.env', '.env', 'app.toml', 'secret.txt'];

const LINES = `    env_file: app.env
    environment: ["MODEL=$MODEL"]
    volumes: ["./app.toml:/app.toml:ro"]
    secrets: [filed]
`;
const text: ComposeText = (image, tag) =>
  `${quietWith(LINES)(image, tag)}secrets:\n  filed: {file: ./secret.txt}\n`;
const filesOf = (word: string) => ({
  'app.env': `TIMEOUT=${word}\n`,
  '.env': `OTHERS=kept\nMODEL=${word}\n`,
  'app.toml': `retries = "${word}"\n`,
  'secret.txt': `hunter-${word}`,
});

/** The long form has some dozens of moments. */
const TIMEOUT_MS = EVERYTHING ? 1_800_000 : 120_000;

type Moment = Required<Omit<KilledAt, 'log'>>;

/** Before and after each write, by what appears; the short form has two of the moments that config brings. */
function moments(wrote: readonly string[], inShort: (moment: Moment) => boolean): readonly Moment[] {
  const all = wrote.flatMap((name, index) => {
    const nth = wrote.slice(0, index + 1).filter((other) => other === name).length;
    return (['before', 'after'] as const).map((when): Moment => ({ name, nth, when }));
  });
  return EVERYTHING ? all : all.filter(inShort);
}

describe.skipIf(problem)(titled('a worker that is killed with -9 at a write of config'), () => {
  const { host, service } = openWorld({ keep: true });
  let one: Service;
  let good: Readonly<Record<string, string>>;

  beforeAll(async () => {
    one = await service([], { text });
    for (const tag of ['v0.1.0', 'v0.2.0']) {
      await host().images.publish(tag, { repository: one.repository.split('/')[1] ?? '', behaviour: 'good' });
    }
  }, 60_000);

  const target = () =>
    createComposeTarget(one.profile, { env: one.env, evidenceKey: async () => KEY, keepsSecrets: true });

  async function recordOf() {
    const ours = target();
    const { fingerprint, version, image } = (await ours.observe(context)).current;
    await ours.close();
    const run = { provedBy: 'verify', workflowId: 'workflow', runId: 'run' } as const;
    const at = new Date().toISOString();
    return { fingerprint, version, image, at, verdict: 'passed', ...run, checks: {} } as const;
  }

  type Deed =
    | { readonly record: Awaited<ReturnType<typeof recordOf>> }
    | { readonly pin: Awaited<ReturnType<Service['pin']>> };

  /** One step in a process of its own. @returns what it came to, and the names of the files that it has put in their place. */
  async function work(
    deed: Deed,
    at: Omit<KilledAt, 'log'> = {},
  ): Promise<Outcome & { readonly wrote: string[] }> {
    const folder = await mkdtemp(join(tmpdir(), 'renames-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const log = join(folder, 'log');
    const env = { ...one.env, NODE_OPTIONS: `--import=${HOOK}`, KILLED_AT: JSON.stringify({ log, ...at }) };
    const step = { profile: one.profile, key: context.key ?? '', evidenceKey: KEY, ...deed };
    const outcome = await startWorker(step, env).outcome;
    const wrote = await readFile(log, 'utf8').catch(() => '');
    return { ...outcome, wrote: wrote.split('\n').filter(Boolean) };
  }

  /** Everything of the project but backups, as it is now. */
  async function filesNow() {
    const all = await contentsOf(one.folder);
    return Object.fromEntries(Object.entries(all).filter(([path]) => !path.includes('before-rollback')));
  }

  async function deployGood() {
    await rm(join(one.folder, '.runbook'), { recursive: true, force: true });
    await one.deploy('v0.1.0', { files: filesOf('good') });
    await one.up('--force-recreate');
    good = await filesNow();
  }

  test(
    'of the record of a proof leaves the whole of it to the next one',
    async () => {
      await deployGood();
      const record = await recordOf();
      const { wrote, signal } = await work({ record });
      expect(signal).toBeNull();
      const [entry] = wrote.filter((name) => /^[0-9a-f]{16}\.json$/.test(name));
      const isShort = ({ name, when }: Moment) => name === entry && when === 'before';
      expect(entry).toBeDefined();
      for (const at of moments(wrote, isShort)) {
        await rm(join(one.folder, '.runbook'), { recursive: true, force: true });
        expect((await work({ record }, at)).signal, JSON.stringify(at)).toBe('SIGKILL');
        expect((await work({ record })).result).toMatchObject({ keptIn: expect.any(String) });
        await one.deploy('v0.2.0', { files: filesOf('bad') });
        const ours = target();
        const { plan, settings = [] } = await one.resolve({ kind: 'known-good' }, ours);
        expect(plan.warnings.filter((line) => line.includes('nothing is kept'))).toEqual([]);
        expect(settings).toHaveLength(CONFIG.length);
        await ours.close();
        await one.deploy('v0.1.0', { files: filesOf('good') });
      }
    },
    TIMEOUT_MS,
  );

  test(
    'of a rollback is gone on from by the next one: image and config are one',
    async () => {
      await deployGood();
      const ours = target();
      await ours.recordKnownGood(await recordOf(), context);
      const bad = async () => {
        await one.deploy('v0.2.0', { files: filesOf('bad') });
        return one.pin({ kind: 'known-good' }, ours);
      };
      const { wrote, result } = await work({ pin: await bad() });
      expect(result).toMatchObject({ changed: true });
      expect(wrote).toEqual(expect.arrayContaining([...CONFIG, FILE, 'change.json']));
      const isShort = ({ name, when }: Moment) =>
        (name === '.env' && when === 'before') || (name === 'secret.txt' && when === 'after');
      // Contents and backups are there by the first time.
      const again = wrote.filter((name) => !/^[0-9a-f]{64}$|before-rollback/.test(name));
      for (const at of moments(again, isShort)) {
        const pin = await bad();
        expect((await work({ pin }, at)).signal, `${at.when} ${at.name}`).toBe('SIGKILL');
        expect(await work({ pin }), `${at.when} ${at.name}`).toMatchObject({
          signal: null,
          result: { changed: true, fingerprint: pin.fingerprint },
        });
        expect(await filesNow()).toEqual(good);
        const [container] = await one.containers();
        const script = `const fs = require('fs'); console.log([process.env.TIMEOUT, process.env.MODEL,
        fs.readFileSync('/app.toml', 'utf8'), fs.readFileSync('/run/secrets/filed', 'utf8')].join(' '))`;
        expect(await host().docker('exec', container?.id ?? '', 'node', '-e', script)).not.toContain('bad');
        expect((await ours.observe(context)).current).toMatchObject({ evidence: { verdict: 'passed' } });
      }
      await ours.close();
    },
    TIMEOUT_MS,
  );
});
