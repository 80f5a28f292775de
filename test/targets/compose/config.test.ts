import { describe, expect, test } from 'vitest';
import { type ComposeText, NAME, QUIET, quietWith } from './texts.ts';
import { context, errorOf, FILE, openWorld, problem, titled } from './world.ts';

const KNOWN_GOOD = { kind: 'known-good' } as const;
const GOOD = { 'app.env': 'LLM_TIMEOUT=30\nAPI_KEY=sk-good-1234567890\n', 'agents.toml': 'retries = 3\n' };
const BAD = { 'app.env': 'LLM_TIMEOUT=1\nAPI_KEY=sk-bad-1234567890\n', 'agents.toml': 'retries = 0\n' };
const USES = '    env_file: app.env\n    volumes: ["./agents.toml:/app/agents.toml:ro"]\n';

describe.skipIf(problem)(titled('the config of the version that is rolled back to'), () => {
  const { host, service } = openWorld();

  /** The first version proved, then the second with whatever its release changed. */
  async function released(
    change: Parameters<Awaited<ReturnType<typeof service>>['deploy']>[1],
    profile: Parameters<typeof service>[1] = {},
  ) {
    const one = await service(['v0.1.0'], { text: quietWith(USES), files: GOOD, ...profile });
    await one.prove();
    await host().images.publish('v0.2.0', { repository: one.repository.split('/')[1] ?? '' });
    const first = (await one.state()).files;
    await one.deploy('v0.2.0', change);
    return { one, first };
  }

  async function environmentOf(id = '') {
    return host().docker('inspect', '--format', '{{json .Config.Env}}', id);
  }

  test('comes back with its image: env file and mounted file, byte for byte', async () => {
    const { one, first } = await released({ files: BAD });
    const { plan, diff } = await one.resolve(KNOWN_GOOD);
    expect(plan.to.fingerprint).toBe((await one.target.observe(context)).history[0]?.fingerprint);
    expect(diff).toContain('-LLM_TIMEOUT=1\n-API_KEY= •••\n+LLM_TIMEOUT=30\n+API_KEY= •••');
    expect(diff).toContain('+retries = 3');
    expect(diff).not.toMatch(/sk-/);
    const started = await one.target.rollBack(plan.pin, context);
    expect((await one.state()).files).toMatchObject(first);
    const [container] = await one.containers();
    expect(container?.imageId).toBe(one.images['v0.1.0']?.imageId);
    expect(await environmentOf(container?.id)).toContain('LLM_TIMEOUT=30');
    expect(await one.wait(started)).toMatchObject({ fingerprint: plan.to.fingerprint });
  });

  test('stays as it is with config: keep', async () => {
    const { one } = await released({ files: BAD }, { profile: { config: 'keep' } });
    const { files } = await one.state();
    await one.target.rollBack(await one.pin(KNOWN_GOOD), context);
    const after = await one.state();
    expect(after.files).toMatchObject({ ...BAD, [FILE]: files[FILE]?.replace(':v0.2.0', ':v0.1.0') });
    expect(await environmentOf(after.containers[0]?.id)).toContain('LLM_TIMEOUT=1');
  });

  test('comes back alone when the image did not change', async () => {
    const one = await service(['v0.1.0'], { text: quietWith(USES), files: GOOD });
    await one.prove();
    const { files } = await one.state();
    await one.deploy('v0.1.0', { files: BAD });
    const { plan, diff } = await one.resolve(KNOWN_GOOD);
    expect(plan.warnings).toContainEqual(expect.stringContaining('only its files change'));
    expect(diff).not.toContain(FILE);
    const started = await one.target.rollBack(plan.pin, context);
    const after = await one.state();
    expect(after.files).toMatchObject(files);
    expect(await environmentOf(after.containers[0]?.id)).toContain('LLM_TIMEOUT=30');
    await one.wait(started);
  });

  test('of which only a mounted file differs makes the container anew: it holds the old file', async () => {
    const one = await service(['v0.1.0'], { text: quietWith(USES), files: GOOD });
    await one.prove();
    await one.deploy('v0.1.0', { files: { 'agents.toml': 'retries = 0\n' } });
    const [before] = await one.containers();
    const pin = await one.pin(KNOWN_GOOD);
    const started = await one.target.rollBack(pin, context);
    const [container] = await one.containers();
    expect(container?.id).not.toBe(before?.id);
    const sees = ['node', '-e', "console.log(require('fs').readFileSync('/app/agents.toml', 'utf8'))"];
    expect(await host().docker('exec', container?.id ?? '', ...sees)).toContain('retries = 3');
    await one.wait(started);
    await one.target.rollBack(pin, context);
    expect(await one.containers()).toEqual([container]);
  });

  test('comes back with the whole compose file when only this service was changed in it', async () => {
    const bad = quietWith(`${USES}    environment: {RUST_LOG: info}\n`);
    const { one, first } = await released({ text: (image, tag) => `${bad(image, tag)}# with more logs\n` });
    const { plan } = await one.resolve(KNOWN_GOOD);
    expect(plan.warnings).toEqual([]);
    await one.target.rollBack(plan.pin, context);
    expect((await one.state()).files[FILE]).toBe(first[FILE]);
    const [container] = await one.containers();
    expect(await environmentOf(container?.id)).not.toContain('RUST_LOG');
  });

  test('stays, and the plan says what, when others were changed in the same file', async () => {
    const bad = quietWith(`${USES}    environment: {RUST_LOG: info}\n`);
    const { one } = await released({
      text: (image, tag) => `${bad(image, tag)}  neighbour:\n    image: ${image}\n${QUIET}`,
    });
    const { files } = await one.state();
    const neighbour = await one.containers('neighbour');
    const { plan } = await one.resolve(KNOWN_GOOD);
    expect(plan.warnings).toContainEqual(
      expect.stringMatching(
        new RegExp(`definition of ${NAME} is not what it was .*\\(environment.*\\).*it stays as it is`),
      ),
    );
    await one.target.rollBack(plan.pin, context);
    const image = `${one.repository}:v0.2.0 # the release`;
    expect(await one.read()).toBe(files[FILE]?.replace(image, image.replace('v0.2.0', 'v0.1.0')));
    expect(await one.containers('neighbour')).toEqual(neighbour);
    expect(await one.containers(NAME)).toMatchObject([{ imageId: one.images['v0.1.0']?.imageId }]);
  });

  const inline =
    (content: string, more = ''): ComposeText =>
    (image, tag) =>
      `${quietWith('    configs: [{source: c, target: /c}]\n')(image, tag)}${more}configs:\n  c:\n    content: "${content}"\n`;
  const readsC = ['node', '-e', "console.log(require('fs').readFileSync('/c', 'utf8'))"];

  test('C6 comes back with an inline config, though Compose sees no difference', async () => {
    const one = await service(['v0.1.0'], { text: inline('one') });
    await one.prove();
    const { files } = await one.state();
    // The same image: only the content is another one.
    await one.write(FILE, inline('two')(`${one.repository}:v0.1.0`, 'v0.1.0'));
    await one.up('--force-recreate');
    const [before] = await one.containers();
    expect(await host().docker('exec', before?.id ?? '', ...readsC)).toBe('two');
    const { plan } = await one.resolve(KNOWN_GOOD);
    expect(plan.changesNothing).toBe(false);
    const started = await one.target.rollBack(plan.pin, context);
    expect((await one.state()).files).toMatchObject(files);
    const [container] = await one.containers();
    expect(await host().docker('exec', container?.id ?? '', ...readsC)).toBe('one');
    await one.wait(started);
  });

  test('C6 names what stays: an inline config that others use too, and networks and volumes of the project', async () => {
    const neighbour = `  neighbour:\n    image: IMAGE\n    configs: [c]\n${QUIET}`;
    const of =
      (content: string, more: string): ComposeText =>
      (image, tag) =>
        inline(content, neighbour.replace('IMAGE', image))(image, tag).replace(
          'configs: [{',
          'volumes: ["data:/data"]\n    configs: [{',
        ) + more;
    const one = await service(['v0.1.0'], { text: of('one', 'volumes: {data: {}}\n') });
    await one.prove();
    const bad = of('two', `volumes:\n  data:\n    name: ${one.project}_other\n`);
    await one.write(FILE, bad(`${one.repository}:v0.1.0`, 'v0.1.0'));
    await one.up('--force-recreate', '--renew-anon-volumes');
    const { plan } = await one.resolve(KNOWN_GOOD);
    const said = plan.warnings.join('\n');
    expect(said).toMatch(
      /definition of orchestrator is not what it was .*\(inlineConfigs\.c\).*it stays as it is/,
    );
    expect(said).toMatch(/volumes\.data\.name .*not what .* it stays as it is/);
    expect(said).not.toMatch(/\btwo\b/);
  });

  const withDatabase =
    (lines: string, tag = '$APP_TAG'): ComposeText =>
    (image) =>
      `${quietWith(lines)(image.replace(/[^:]*$/, tag), '')}  db:\n    image: ${image.replace(/\$APP_TAG$/, 'v0.2.0')}\n    env_file: .env\n${QUIET}`;

  test('C7 is not changed in a file that another service uses too, unless the profile says so', async () => {
    const text = withDatabase('');
    const one = await service(['v0.1.0', 'v0.2.0'], { text, files: { '.env': 'APP_TAG=v0.2.0\nPASS=x\n' } });
    const [before, database] = [await one.state(), await one.containers('db')];
    for (const step of [
      () => one.target.checkAccess({ kind: 'version', version: '0.1.0' }, context),
      () => one.resolve(),
    ]) {
      const error = await errorOf(step());
      expect(error).toMatchObject({ type: 'ComposeFileUnsupported' });
      expect(error.message).toContain('.env would be changed for orchestrator, and db uses it too');
      expect(error.message).toContain('set sharedFiles: change in runbook.yaml');
    }
    expect(await one.state()).toEqual(before);
    const target = one.another({ sharedFiles: 'change' });
    const { plan } = await one.resolve(undefined, target);
    expect(plan.warnings).toContainEqual('.env is used by db too: their next up takes what it holds then');
    await target.rollBack(plan.pin, context);
    expect(await one.read('.env')).toBe('APP_TAG=v0.1.0\nPASS=x\n');
    expect(await one.containers('db')).toEqual(database);
  });

  test('C7 comes back in a file that another one uses as well, or takes a variable from, only when the profile says so', async () => {
    const text = withDatabase('    env_file: .env\n', 'v0.1.0');
    const one = await service(['v0.1.0'], { text, files: { '.env': 'PASS=old\n' } });
    await one.prove();
    await one.deploy('v0.1.0', { files: { '.env': 'PASS=new\n' } });
    const error = await errorOf(one.resolve(KNOWN_GOOD));
    expect(error.message).toContain('or set sharedFiles: change, config: keep in runbook.yaml');
    expect(error.message).not.toMatch(/PASS|old|new/);
    const byVariable = (image: string, tag: string) =>
      text(image, tag).replace(/( {2}db:[\s\S]*)env_file: .env/, '$1environment: [PASS]');
    await one.write(FILE, byVariable(`${one.repository}:v0.1.0`, 'v0.1.0'));
    await one.up();
    expect((await errorOf(one.resolve(KNOWN_GOOD))).message).toContain('db uses it too');
    await expect(one.resolve(KNOWN_GOOD, one.another({ sharedFiles: 'change' }))).resolves.toMatchObject({
      plan: { changesNothing: false },
    });
  });

  test('that was not recorded stays, and the plan says so', async () => {
    const one = await service(['v0.1.0'], { text: quietWith(USES), files: GOOD });
    await host().images.publish('v0.2.0', { repository: one.repository.split('/')[1] ?? '' });
    await one.deploy('v0.2.0', { files: BAD });
    const { plan } = await one.resolve();
    expect(plan.warnings).toContainEqual(
      '0.1.0 has no recorded files: only the image changes, the config stays that of 0.2.0',
    );
    await one.target.rollBack(plan.pin, context);
    expect((await one.state()).files).toMatchObject(BAD);
  });
});
