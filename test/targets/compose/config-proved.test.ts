import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { KnownGoodRecord } from '../../../src/domain/proof/known-good.ts';
import { createComposeTarget } from '../../../src/targets/compose/index.ts';
import { type ComposeText, QUIET, quietWith } from './texts.ts';
import { context, errorOf, FILE, openWorld, problem, type Service, titled } from './world.ts';

const KNOWN_GOOD = { kind: 'known-good' } as const;
const KEY = 'key-of-the-evidence';
const GOOD = { 'app.toml': 'model = "good"\n' };
const BAD = { 'app.toml': 'model = "bad"\n' };
const MOUNTED = quietWith('    volumes: ["./app.toml:/app.toml:ro"]\n');

describe.skipIf(problem)(titled('what a container was proved with'), () => {
  const { host, service } = openWorld();

  const sees = async (one: Service, place: string) => {
    const [container] = await one.containers();
    const script = place.startsWith('/')
      ? `console.log(require('fs').readFileSync('${place}', 'utf8'))`
      : `console.log(process.env.${place})`;
    return host().docker('exec', container?.id ?? '', 'node', '-e', script);
  };

  /** What a worker with these options does. */
  function worker(one: Service, options: Partial<Parameters<typeof createComposeTarget>[1]>) {
    const target = createComposeTarget(one.profile, { env: one.env, ...options });
    const record = async (verdict: KnownGoodRecord['verdict'] = 'passed') => {
      const { fingerprint, version, image } = (await target.observe(context)).current;
      const run = { provedBy: 'verify', workflowId: 'workflow', runId: `run of ${verdict}` } as const;
      const at = new Date().toISOString();
      return target.recordKnownGood(
        { fingerprint, version, image, at, verdict, ...run, checks: {} },
        context,
      );
    };
    const rollBack = async () =>
      one.wait(await target.rollBack(await one.pin(KNOWN_GOOD, target), context), target);
    return { target, record, rollBack };
  }

  const inline = (model: string) => (image: string, tag: string) =>
    `${quietWith('    configs: [{source: inline, target: /app.toml}]\n')(image, tag)}configs:\n  inline: {content: 'model = "${model}"'}\n`;

  test.each<[string, (model: string) => ComposeText, string]>([
    ['file', () => MOUNTED, '/app.toml'],
    ['variable', () => quietWith('    env_file: app.env\n'), 'MODEL'],
    ['content of the compose file', inline, '/app.toml'],
  ])(
    'comes back to one that has not seen it, where somebody has put the %s back by hand',
    async (_what, text, place) => {
      const files = (model: string) => ({
        'app.toml': `model = "${model}"\n`,
        'app.env': `MODEL=${model}\n`,
      });
      const one = await service(['v0.1.0'], { text: text('good'), files: files('good') });
      await one.prove();
      const write = async (model: string) => {
        const image = `${one.repository}:v0.1.0`;
        const all = { ...files(model), [FILE]: text(model)(image, 'v0.1.0') };
        for (const [path, content] of Object.entries(all)) await one.write(path, content);
      };
      await write('bad');
      await one.up('--force-recreate');
      await write('good');
      expect((await one.target.observe(context)).current).not.toHaveProperty('evidence');
      const { plan } = await one.resolve(KNOWN_GOOD);
      expect(plan).toMatchObject({ changesNothing: false, pin: { changes: [] } });
      expect(plan.warnings).toContain(
        'the container may not have seen its config, which was changed since it started: it is made anew',
      );
      const started = await one.target.rollBack(plan.pin, context);
      expect(started).toMatchObject({ changed: true, fingerprint: plan.to.fingerprint });
      await one.wait(started);
      expect(await sees(one, place)).toContain('good');
      expect((await one.target.observe(context)).current).toMatchObject({ evidence: { verdict: 'passed' } });
      const [container] = await one.containers();
      await one.target.rollBack(plan.pin, context);
      expect(await one.containers()).toEqual([container]);
    },
  );

  test('stays proved though its files are written anew with the same contents, as a deployment does', async () => {
    const one = await service(['v0.1.0'], { text: MOUNTED, files: GOOD });
    await one.prove();
    await one.write('app.toml', GOOD['app.toml']);
    const { current, warnings } = await one.target.observe(context);
    expect(current).toMatchObject({ evidence: { verdict: 'passed' } });
    expect(warnings).toEqual([]);
    await one.prove();
  });

  test('is a version of its own where the file alone is another one, with records of its own', async () => {
    const one = await service(['v0.1.0'], { text: MOUNTED, files: GOOD });
    const { record, rollBack, target } = worker(one, {});
    await record();
    await one.write('app.toml', BAD['app.toml']);
    await one.up('--force-recreate');
    await record('failed');
    const { current, history } = await target.observe(context);
    expect(current).toMatchObject({ version: '0.1.0', failure: { verdict: 'failed' } });
    expect(current).not.toHaveProperty('evidence');
    expect(history).toMatchObject([{ version: '0.1.0', evidence: { verdict: 'passed' } }]);
    expect(history[0]).not.toHaveProperty('failure');
    await rollBack();
    expect(await sees(one, '/app.toml')).toContain('good');
    expect((await target.observe(context)).current).not.toHaveProperty('failure');
    await target.close();
  });

  test('comes back in the variables of .env that it alone uses; those of others stay, and are named', async () => {
    const text = (image: string, tag: string) =>
      `${quietWith('    environment: ["OWN=$OWN", "SHARED=$SHARED"]\n')(image, tag)}  db:\n    image: ${image}\n    environment: ["SHARED=$SHARED"]\n${QUIET}`;
    const one = await service(['v0.1.0'], { text, files: { '.env': 'OWN=good\nSHARED=good # of both\n' } });
    await one.prove();
    await one.write('.env', 'SHARED=bad\n# new\nOWN="bad"\n');
    await one.up();
    const { plan, settings } = await one.resolve(KNOWN_GOOD);
    expect(settings).toEqual(['environment OWN: "bad" -> "good"']);
    expect(plan.warnings).toContain(
      'SHARED in .env is used by db too, and is not what it was when the version was recorded: it stays as it is (sharedFiles: change brings it back)',
    );
    const database = await one.containers('db');
    await one.wait(await one.target.rollBack(plan.pin, context));
    expect(await one.read('.env')).toBe('SHARED=bad\n# new\nOWN=good\n');
    const both = one.another({ sharedFiles: 'change' });
    const { plan: wider } = await one.resolve(KNOWN_GOOD, both);
    expect(wider.warnings).toContain(
      'SHARED in .env is used by db too: their next up takes what it holds then',
    );
    await one.wait(await both.rollBack(wider.pin, context), both);
    expect(await one.read('.env')).toBe('SHARED=good # of both\n# new\nOWN=good\n');
    expect(await one.containers('db')).toEqual(database);
    expect((await both.observe(context)).current).toMatchObject({ evidence: { verdict: 'passed' } });
  });

  const SECRET = `    secrets: [filed]\n`;
  const secretText = (image: string, tag: string) =>
    `${quietWith(SECRET)(image, tag)}secrets:\n  filed: {file: ./secret.txt}\n`;

  test.each([
    ['without a key', {}],
    ['whose content is not kept', { evidenceKey: async () => KEY }],
  ])('names a secret that was changed since, %s, and leaves it', async (_what, options) => {
    const one = await service(['v0.1.0'], { text: secretText, files: { 'secret.txt': 'hunter2' } });
    const { target, record } = worker(one, options);
    expect(await record()).not.toHaveProperty('warnings');
    await host().images.publish('v0.2.0', { repository: one.repository.split('/')[1] ?? '' });
    await one.deploy('v0.2.0', { files: { 'secret.txt': 'hunter3' } });
    const resolved = await one.resolve(KNOWN_GOOD, target);
    expect(resolved.plan.warnings).toContain(
      'secret/filed was changed since 0.1.0 was proved and stays as it is now: nothing is kept that could bring it back',
    );
    await one.wait(await target.rollBack(resolved.plan.pin, context), target);
    expect(await one.read('secret.txt')).toBe('hunter3');
    expect(await one.read()).toContain(':v0.1.0');
    await expectNoTrace(one, resolved);
    await target.close();
  });

  test('comes back with a secret that is kept: for its owner alone, under a hash that nobody can guess it by', async () => {
    const one = await service(['v0.1.0'], { text: secretText, files: { 'secret.txt': 'hunter2' } });
    const { target, record } = worker(one, { evidenceKey: async () => KEY, keepsSecrets: true });
    await record();
    const kept = join(one.folder, '.runbook/orchestrator/secrets');
    const [name = ''] = await readdir(kept);
    expect((await stat(join(kept, name))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(kept, name), 'utf8')).toBe('hunter2');
    await one.write('secret.txt', 'hunter3');
    await one.up('--force-recreate');
    const resolved = await one.resolve(KNOWN_GOOD, target);
    expect(resolved).toMatchObject({ settings: ['secret/filed: changed (masked)'], diff: '' });
    await one.wait(await target.rollBack(resolved.plan.pin, context), target);
    expect(await sees(one, '/run/secrets/filed')).toContain('hunter2');
    await expectNoTrace(one, resolved);
    await target.close();
  });

  test('does not record a secret that was changed after the container had started, nor one without a key', async () => {
    const text = (image: string, tag: string) =>
      `${quietWith('    secrets: [filed, variable]\n')(image, tag)}secrets:\n  filed: {file: ./secret.txt}\n  variable: {environment: TOKEN}\n`;
    const files = { 'secret.txt': 'hunter2', '.env': 'TOKEN=hunter2\n' };
    const one = await service(['v0.1.0'], { text, files });
    await one.write('secret.txt', 'hunter3');
    const { target, record } = worker(one, {});
    const { warnings } = await record();
    expect(warnings).toEqual([
      expect.stringMatching(
        /^secret\/filed is not recorded as proved: it was changed at \S+, and the container started at \S+; make it anew/,
      ),
      'secret/variable is not recorded as proved: its content cannot be hashed without a key (evidence.signingKey)',
    ]);
    const keyed = worker(one, { evidenceKey: async () => KEY });
    expect((await errorOf(keyed.record())).message).toContain('secret.txt is not recorded as proved');
    await Promise.all([target.close(), keyed.target.close()]);
  });

  /** Neither the values nor their plain hashes are where people and histories read. */
  async function expectNoTrace(one: Service, shown: unknown): Promise<void> {
    const state = join(one.folder, '.runbook');
    const paths = await readdir(state, { recursive: true });
    const open = paths.filter((path) => /\.json/.test(path) && !path.includes('/secrets/'));
    const texts = await Promise.all(open.map((path) => readFile(join(state, path), 'utf8')));
    const seen = [JSON.stringify(shown), ...paths, ...texts].join('\n');
    for (const value of ['hunter2', 'hunter3']) {
      expect(seen).not.toContain(value);
      expect(seen).not.toContain(createHash('sha256').update(value).digest('hex'));
    }
    expect(await one.read(FILE)).not.toContain('hunter');
  }
});
