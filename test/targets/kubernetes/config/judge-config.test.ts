import { describe, expect, it } from 'vitest';
import { createMasker } from '../../../../src/domain/masking/mask-value.ts';
import { findingLines } from '../../../../src/domain/versions/findings.ts';
import { criticalSchema } from '../../../../src/settings/index.ts';
import type { RawObject } from '../../../../src/targets/kubernetes/api/resources.ts';
import type { HeldObject } from '../../../../src/targets/kubernetes/config/config-reads.ts';
import type { ConfigObject } from '../../../../src/targets/kubernetes/config/content.ts';
import {
  type FutureTemplate,
  judgeConfig,
  liveConfigOf,
} from '../../../../src/targets/kubernetes/config/judge-config.ts';
import type { ConfigName } from '../../../../src/targets/kubernetes/template/config-references.ts';
import { GOOD_CONFIG } from '../../../settings/orchestrator/orchestrator.ts';

const base64 = (text: string | Uint8Array) => Buffer.from(text).toString('base64');
const configMap = (
  name: string,
  data: Record<string, string>,
  binaryData = {},
): [ConfigName, ConfigObject] => [`configmap/${name}`, { metadata: { name, uid: name }, data, binaryData }];
const secret = (name: string, data: Record<string, string>): [ConfigName, ConfigObject] => [
  `secret/${name}`,
  {
    metadata: { name, uid: name },
    data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, base64(value)])),
  },
];
const hidden = (name: ConfigName): [ConfigName, HeldObject] => [name, 'unread'];
const gone = (name: ConfigName): [ConfigName, HeldObject] => [name, 'missing'];

/** A template with one container `app`, and what else a case has. */
function future(
  container: Record<string, unknown>,
  spec: Record<string, unknown> = {},
  more: Partial<FutureTemplate> = {},
): FutureTemplate {
  const template = JSON.parse(
    JSON.stringify({ spec: { containers: [{ name: 'app', ...container }], ...spec } }),
  );
  return { template: template as RawObject, container: 'app', copies: [], ...more };
}

const volume = (source: object) => ({ volumes: [{ name: 'config', ...source }] });
const at = (mountPath: string, how: object = {}) => ({
  volumeMounts: [{ name: 'config', mountPath, ...how }],
});
const APP = { configMap: { name: 'app' } };

/** What is found: `configmap/app key as name`, and `?` for what is not known. */
function found(of: FutureTemplate, ...held: readonly [ConfigName, HeldObject][]): readonly string[] {
  const { files, unknown } = liveConfigOf(of, new Map(held));
  const words = (...parts: readonly (string | undefined)[]) => parts.filter(Boolean).join(' ');
  return [
    ...files.map(({ object, key, as, elsewhere }) =>
      words(object, key, as && `as ${as}`, elsewhere && 'elsewhere'),
    ),
    ...unknown.map(({ object, key }) => words('?', object, key)),
  ];
}

describe('the files that containers will find', () => {
  const app = configMap('app', { 'config.toml': 'a = 1', 'prod.toml': 'a = 2' }, { 'key.bin': base64('x') });
  it.each<[string, FutureTemplate, readonly [ConfigName, HeldObject][], readonly string[]]>([
    [
      'a whole ConfigMap',
      future(at('/etc/app'), volume(APP)),
      [app],
      ['configmap/app config.toml', 'configmap/app prod.toml', 'configmap/app key.bin'],
    ],
    ['a volume that nobody mounts', future({}, volume(APP)), [app], []],
    [
      'items under other names',
      future(
        at('/etc/app'),
        volume({ configMap: { name: 'app', items: [{ key: 'prod.toml', path: 'conf/config.toml' }] } }),
      ),
      [app],
      ['configmap/app prod.toml as conf/config.toml'],
    ],
    [
      'an item that is not there, which is optional',
      future(
        at('/etc/app'),
        volume({ configMap: { name: 'app', optional: true, items: [{ key: 'none', path: 'none' }] } }),
      ),
      [app],
      [],
    ],
    [
      'one file by a subPath',
      future(at('/app/data/config.toml', { subPath: 'prod.toml' }), volume(APP)),
      [app],
      ['configmap/app prod.toml as config.toml'],
    ],
    [
      'a folder of a volume by a subPath',
      future(
        at('/app', { subPath: './conf/' }),
        volume({
          configMap: {
            name: 'app',
            items: [
              { key: 'prod.toml', path: 'conf/a/config.toml' },
              { key: 'key.bin', path: 'other' },
            ],
          },
        }),
      ),
      [app],
      ['configmap/app prod.toml as a/config.toml'],
    ],
    [
      'a subPath that a variable makes',
      future(
        at('/app', { subPathExpr: '$(POD_NAME)' }),
        volume({ configMap: { name: 'app', items: [{ key: 'prod.toml', path: 'prod.toml' }] } }),
      ),
      [app],
      ['configmap/app prod.toml'],
    ],
    [
      'projections',
      future(
        at('/etc/app'),
        volume({
          projected: {
            sources: [
              { configMap: { name: 'app', items: [{ key: 'config.toml', path: 'config.toml' }] } },
              { secret: { name: 'keys' } },
              { serviceAccountToken: { path: 'token' } },
            ],
          },
        }),
      ),
      [app, secret('keys', { token: 'x' })],
      ['configmap/app config.toml', 'secret/keys token'],
    ],
    [
      'a Secret',
      future(at('/etc/app'), volume({ secret: { secretName: 'keys' } })),
      [secret('keys', { token: 'x' })],
      ['secret/keys token'],
    ],
    [
      'a Secret that may not be read',
      future(at('/etc/app'), volume({ secret: { secretName: 'keys' } })),
      [hidden('secret/keys')],
      ['? secret/keys'],
    ],
    [
      'keys of a Secret that may not be read',
      future(
        {
          ...at('/etc/app'),
          env: [{ name: 'K', valueFrom: { secretKeyRef: { name: 'keys', key: 'other' } } }],
        },
        volume({ secret: { secretName: 'keys', items: [{ key: 'token', path: 'token' }] } }),
      ),
      [hidden('secret/keys')],
      ['? secret/keys token', '? secret/keys other'],
    ],
    ['a ConfigMap that is not there', future(at('/etc/app'), volume(APP)), [gone('configmap/app')], []],
    [
      'variables of single keys, and of whole objects',
      future({
        envFrom: [{ secretRef: { name: 'keys' } }],
        env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'app', key: 'config.toml' } } }],
      }),
      [app, secret('keys', { TOKEN: 'x' })],
      ['secret/keys TOKEN', 'configmap/app config.toml'],
    ],
    [
      'an init container and a sidecar',
      future(
        {},
        {
          ...volume(APP),
          initContainers: [{ name: 'init', ...at('/tpl', { subPath: 'config.toml' }) }],
        },
      ),
      [app],
      ['configmap/app config.toml as tpl elsewhere'],
    ],
    [
      'what an init container finds too',
      future(at('/app', { subPath: 'config.toml' }), {
        ...volume(APP),
        initContainers: [{ name: 'init', ...at('/app', { subPath: 'config.toml' }) }],
      }),
      [app],
      ['configmap/app config.toml as app'],
    ],
    [
      'a copy, by the name of what it is a copy of',
      future(at('/etc/app', { subPath: 'config.toml' }), volume({ configMap: { name: 'slot-0' } }), {
        copies: [{ reference: 'configmap/app', name: 'slot-0', uid: '', hash: '' }],
      }),
      [configMap('slot-0', { 'config.toml': 'a = 1' })],
      ['configmap/app config.toml as app'],
    ],
  ])('%s', (_what, of, held, expected) => {
    expect(found(of, ...held)).toEqual(expected);
  });
});

describe('the variables that the container will have', () => {
  const env = (...variables: readonly object[]) => ({ env: variables });
  const keys = secret('keys', { PASSWORD: 'hunter2' });
  const settings = configMap('settings', { HOST: 'db', APP_ENV: 'prod' });
  it.each<[string, object, readonly [ConfigName, HeldObject][], Record<string, unknown>]>([
    ['a value', env({ name: 'A', value: 'x' }, { name: 'B' }), [], { A: 'x', B: '' }],
    ['the last of two', env({ name: 'A', value: 'x' }, { name: 'A', value: 'y' }), [], { A: 'y' }],
    [
      'all of an object, under a prefix, and over them its own',
      {
        envFrom: [{ prefix: 'S_', configMapRef: { name: 'settings' } }],
        ...env({ name: 'S_HOST', value: 'x' }),
      },
      [settings],
      { S_HOST: 'x', S_APP_ENV: 'prod' },
    ],
    [
      'variables of variables, as far as they are known',
      env(
        { name: 'A', value: 'x' },
        { name: 'B', value: '$(A)-$$(A)-$(A)' },
        { name: 'C', value: '$(KUBERNETES_SERVICE_HOST)' },
      ),
      [],
      { A: 'x', B: 'x-$(A)-x', C: undefined },
    ],
    [
      'a key of a Secret, and what is made of it',
      env(
        { name: 'P', valueFrom: { secretKeyRef: { name: 'keys', key: 'PASSWORD' } } },
        { name: 'URL', value: 'db://u:$(P)@h' },
      ),
      [keys],
      { P: { secret: 'hunter2' }, URL: { secret: 'db://u:hunter2@h' } },
    ],
    [
      'keys that are not there',
      env(
        { name: 'A', valueFrom: { secretKeyRef: { name: 'keys', key: 'NONE', optional: true } } },
        { name: 'B', valueFrom: { configMapKeyRef: { name: 'none', key: 'B', optional: true } } },
      ),
      [keys, gone('configmap/none')],
      {},
    ],
    [
      'what is not known',
      env(
        { name: 'A', valueFrom: { secretKeyRef: { name: 'keys', key: 'PASSWORD' } } },
        { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
      ),
      [hidden('secret/keys')],
      { A: { secret: undefined }, IP: undefined },
    ],
  ])('%s', (_what, container, held, expected) => {
    const { variables, complete } = liveConfigOf(future({ ...container }), new Map(held)).environment;
    const shown = [...variables].map(([name, { value, secret: isSecret }]) => [
      name,
      isSecret ? { secret: value } : value,
    ]);
    expect(Object.fromEntries(shown)).toEqual(expected);
    expect(complete).toBe(true);
  });

  it('are not known to be all where a source of them may not be read', () => {
    const of = future({ envFrom: [{ secretRef: { name: 'keys' } }] });
    expect(liveConfigOf(of, new Map([hidden('secret/keys')])).environment.complete).toBe(false);
    expect(liveConfigOf(of, new Map([gone('secret/keys')])).environment.complete).toBe(true);
  });
});

describe('the config that will be live', () => {
  const judge = async (
    of: FutureTemplate,
    held: readonly [ConfigName, HeldObject][],
    critical: object = {},
  ) => {
    const objects = new Map(held);
    const findings = await judgeConfig(
      of,
      criticalSchema.parse(critical),
      { held: async ({ kind, name }) => objects.get(`${kind}/${name}`) ?? 'missing' },
      createMasker(),
    );
    const lines = findingLines(findings);
    return findings.map(({ on }, index) => `${on}: ${lines[index]}`);
  };
  const from = (name: string) => ({ secretRef: { name } });
  const mounted = (envFrom: readonly object[]) => future({ ...at('/app/data'), envFrom }, volume(APP));
  const good = configMap('app', { 'config.toml': GOOD_CONFIG });
  const key = (value: string) => secret('llm', { OPENROUTER_API_KEY: value });

  it('is kept where a key is there by a variable of a Secret', async () => {
    expect(await judge(mounted([from('llm')]), [good, key('sk-or-v1-canary')])).toEqual([]);
  });

  it('names the variable whose Secret holds a placeholder, and no value', async () => {
    const told = await judge(mounted([from('llm')]), [good, key('replace_me')]);
    expect(told).toEqual([
      'block: configmap/app config.toml llm.openrouter.api_key needs the variable OPENROUTER_API_KEY, which is a placeholder (llm-provider)',
    ]);
  });

  it('is told, and does not block, where a Secret may not be read', async () => {
    expect(await judge(mounted([from('llm')]), [good, hidden('secret/llm')])).toEqual([
      expect.stringMatching(
        /^warn: secret\/llm cannot be read: the worker may not read it \(config-readable\)$/,
      ),
      expect.stringMatching(/^warn: .*api_key needs the variable OPENROUTER_API_KEY, of which is not known/),
    ]);
  });

  it.each<[string, object, string | undefined]>([
    [
      'a rule about a key of it',
      { object: 'secret/llm', key: 'password', filled: 'as-written' },
      'secret/llm cannot be judged: the worker may not read it (own)',
    ],
    [
      'a rule about a setting that is found elsewhere',
      { setting: 'llm.default_provider', oneOf: ['openrouter'] },
      undefined,
    ],
  ])('is not known for %s where the Secret may not be read', async (_what, rule, expected) => {
    const critical = {
      orchestrator: true,
      defaults: { 'config-readable': 'off', 'llm-provider': 'off' },
      rules: [{ name: 'own', ...rule }],
    };
    const told = await judge(mounted([from('llm')]), [good, hidden('secret/llm')], critical);
    expect(told).toEqual(expected === undefined ? [] : [`warn: ${expected}`]);
  });

  it('is read by the name that the container finds it under, and judged under its key', async () => {
    const of = future(
      { ...at('/app/data/config.toml', { subPath: 'production' }), envFrom: [from('llm')] },
      volume(APP),
    );
    const app = configMap('app', { production: GOOD_CONFIG.replace('= "openrouter"', '= "gemini"') });
    const rules = [
      { name: 'own', key: 'production', setting: 'llm.default_provider', oneOf: ['openai'], on: 'ask' },
    ];
    expect(await judge(of, [app, key('sk')], { rules })).toEqual([
      'block: configmap/app production llm.default_provider names a provider that has no section (it is "gemini") (llm-provider)',
      'ask: configmap/app production llm.default_provider is none of openai (it is "gemini") (own)',
    ]);
  });

  it('is told of at most where an init container alone finds it: it may fill it in', async () => {
    const of = future({}, { ...volume(APP), initContainers: [{ name: 'init', ...at('/tpl') }] });
    const told = await judge(of, [good]);
    expect(told).toEqual([expect.stringMatching(/^warn: .*api_key needs the variable OPENROUTER_API_KEY/)]);
    expect(await judge(of, [configMap('app', { 'config.toml': 'a = ' })])).toEqual([
      expect.stringMatching(/^warn: configmap\/app config.toml cannot be read/),
    ]);
  });

  it.each<[string, [ConfigName, HeldObject], string | undefined]>([
    [
      'a text that is no TOML',
      configMap('app', { 'config.toml': 'a = \nb = "hunter2"' }),
      'block: configmap/app config.toml cannot be read',
    ],
    [
      'bytes in its place',
      configMap('app', {}, { 'config.toml': base64(new Uint8Array([0xff, 0])) }),
      'block: configmap/app config.toml cannot be read: no text in UTF-8',
    ],
    [
      'bytes beside it',
      configMap('app', { 'config.toml': GOOD_CONFIG }, { 'key.bin': base64(new Uint8Array([0xff, 0])) }),
      undefined,
    ],
    [
      'a text that is too long for us, and may be read by the program',
      configMap('app', { 'config.toml': `${GOOD_CONFIG}#${'x'.repeat(128 * 1024)}` }),
      'warn: configmap/app config.toml cannot be read: longer than 128 KiB',
    ],
    ['another service with a file of another name', configMap('app', { 'app.yaml': 'a: 1' }), undefined],
  ])('%s', async (_what, app, expected) => {
    const told = await judge(mounted([from('llm')]), [app, key('sk')]);
    expect(told).toEqual(expected === undefined ? [] : [expect.stringContaining(expected)]);
    expect(told.join()).not.toContain('hunter2');
  });
});
