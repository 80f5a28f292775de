import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { createComposeTarget } from '../../../src/targets/compose/index.ts';
import { type ComposeText, quietWith } from './texts.ts';
import { context, openWorld, problem, type Service, titled } from './world.ts';

const KNOWN_GOOD = { kind: 'known-good' } as const;
const KEY = 'key-of-the-evidence';

/** A kind of config, how a version has it in a file, and where its container sees it. */
interface Kind {
  readonly what: string;
  readonly path: string;
  readonly text: (value: string) => string;
  /** A variable, or a file in the container. */
  readonly seen: string;
  /** The setting that changes, as the plan shows it. */
  readonly setting: string;
}

const toml = (value: string) => `model = "${value}"\n`;
const assigned = (name: string) => (value: string) => `${name}=${value}\n`;
const change = (where: string) => `${where}: "bad" -> "good"`;

const KINDS: readonly Kind[] = [
  {
    what: 'an env file',
    path: 'app.env',
    text: assigned('APP'),
    seen: 'APP',
    setting: change('file app.env APP'),
  },
  {
    what: 'an env file that may be missing',
    path: 'maybe.env',
    text: assigned('MAYBE'),
    seen: 'MAYBE',
    setting: change('file maybe.env MAYBE'),
  },
  {
    what: 'an env file that is read raw, with a name of its own',
    path: 'settings.raw',
    text: assigned('RAW'),
    seen: 'RAW',
    setting: change('file settings.raw RAW'),
  },
  {
    what: 'a variable of .env',
    path: '.env',
    text: assigned('MODEL'),
    seen: 'MODEL',
    setting: change('environment MODEL'),
  },
  {
    what: 'a config that is a file',
    path: 'filed.toml',
    text: toml,
    seen: '/filed.toml',
    setting: change('file filed.toml model'),
  },
  {
    what: 'a config in the compose file, with a variable in it',
    path: '.env',
    text: assigned('INLINE'),
    seen: '/inline.toml',
    setting: change('config/inline /inline.toml model'),
  },
  {
    what: 'a config from a variable',
    path: '.env',
    text: assigned('FROM_VARIABLE'),
    seen: '/variable',
    setting: 'config/variable /variable: "bad" -> "good"',
  },
  {
    what: 'a config of an included file',
    path: 'included/included.toml',
    text: toml,
    seen: '/included.toml',
    setting: change('file included/included.toml model'),
  },
  {
    what: 'a variable of a service that it alone extends',
    path: 'base.yml',
    text: (value) => `services:\n  base:\n    environment: {BASE: ${value}}\n`,
    seen: 'BASE',
    setting: change('environment BASE'),
  },
  {
    what: 'a mounted file',
    path: 'mounted.toml',
    text: toml,
    seen: '/mounted.toml',
    setting: change('file mounted.toml model'),
  },
  {
    what: 'a file of a mounted folder that the profile names',
    path: 'folder/named.toml',
    text: toml,
    seen: '/folder/named.toml',
    setting: change('file folder/named.toml model'),
  },
  {
    what: 'a secret that is a file',
    path: 'secret.txt',
    text: (value) => `hunter-${value}`,
    seen: '/run/secrets/filed',
    setting: 'secret/filed: changed (masked)',
  },
  {
    what: 'a secret from a variable',
    path: '.env',
    text: (value) => `TOKEN=hunter-${value}\n`,
    seen: '/run/secrets/variable',
    setting: 'secret/variable: another content (masked)',
  },
];

const LINES = `    extends: {file: base.yml, service: base}
    env_file:
      - app.env
      - {path: maybe.env, required: false}
      - {path: settings.raw, format: raw}
    environment: {MODEL: "\${MODEL}"}
    configs:
      - {source: filed, target: /filed.toml}
      - {source: inline, target: /inline.toml}
      - {source: variable, target: /variable}
      - {source: included, target: /included.toml}
    secrets: [filed, variable]
    volumes: ["./mounted.toml:/mounted.toml:ro", "./folder:/folder:ro"]
`;
const PROJECT = `include: [included/compose.yml]
configs:
  filed: {file: ./filed.toml}
  inline: {content: "model = \\"\${INLINE}\\"\\n"}
  variable: {environment: FROM_VARIABLE}
secrets:
  filed: {file: ./secret.txt}
  variable: {environment: TOKEN}
`;
const text: ComposeText = (image, tag) => `${quietWith(LINES)(image, tag)}${PROJECT}`;

/** Every file of a version; what others have in `.env` changes with each. */
function filesOf(value: string, others: string): Record<string, string> {
  const files: Record<string, string> = {
    'included/compose.yml': 'configs:\n  included: {file: ./included.toml}\n',
    '.env': `# Shared by all.\nOTHERS=${others}\n`,
  };
  for (const { path, text: written } of KINDS) files[path] = `${files[path] ?? ''}${written(value)}`;
  return files;
}

describe.skipIf(problem)(titled('config that was proved with a version and is bad now'), () => {
  const { host, service } = openWorld({ keep: true });
  let one: Service;
  let seen: ReadonlyMap<string, string>;
  let planned: Awaited<ReturnType<Service['resolve']>>;
  const target = () =>
    createComposeTarget(one.profile, { env: one.env, evidenceKey: async () => KEY, keepsSecrets: true });

  beforeAll(async () => {
    const profile = { configFiles: ['folder/named.toml'] };
    one = await service([], { text, files: filesOf('good', 'then'), profile });
    for (const tag of ['v0.1.0', 'v0.2.0']) {
      await host().images.publish(tag, { repository: one.repository.split('/')[1] ?? '', behaviour: 'good' });
    }
    await mkdir(join(one.folder, 'included'), { recursive: true });
    await one.deploy('v0.1.0');
    const ours = target();
    const { current } = await ours.observe(context);
    const { fingerprint, version, image } = current;
    const run = { provedBy: 'verify', workflowId: 'workflow', runId: 'run' } as const;
    const at = new Date().toISOString();
    const record = { fingerprint, version, image, at, verdict: 'passed', ...run, checks: {} } as const;
    expect(await ours.recordKnownGood(record, context)).not.toHaveProperty('warnings');
    await one.deploy('v0.2.0', { files: filesOf('bad', 'now') });
    planned = await one.resolve(KNOWN_GOOD, ours);
    const { pin } = planned.plan;
    await one.wait(await ours.rollBack(pin, context), ours);
    expect((await ours.observe(context)).current).toMatchObject({ evidence: { verdict: 'passed' } });
    const [container] = await one.containers();
    const places = JSON.stringify(KINDS.map((kind) => kind.seen));
    const script = `const fs = require('fs');
      const read = (place) => (place.startsWith('/') ? fs.readFileSync(place, 'utf8') : process.env[place]);
      console.log(JSON.stringify(${places}.map((place) => [place, read(place)])));`;
    seen = new Map(JSON.parse(await host().docker('exec', container?.id ?? '', 'node', '-e', script)));
    await ours.close();
  }, 60_000);

  test.each(KINDS)('comes back: $what', async ({ seen: place, path, text: written, setting }) => {
    expect(seen.get(place)).toContain('good');
    expect(await one.read(path)).toContain(written('good'));
    expect(planned.settings).toContain(setting);
  });

  test('leaves what others have in the same file as it is', async () => {
    expect(await one.read('.env')).toContain('# Shared by all.\nOTHERS=now\n');
  });

  test('is nowhere shown, and no hash of a secret is there to guess it by', async () => {
    const shown = JSON.stringify(planned);
    expect(shown).not.toContain('hunter');
    expect(planned.settings).toHaveLength(KINDS.length);
  });
});
