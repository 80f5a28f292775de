import { describe, expect, it } from 'vitest';
import { createMasker } from '../../../../src/domain/masking/mask-value.ts';
import type { RawObject } from '../../../../src/targets/kubernetes/api/resources.ts';
import { diffTemplates } from '../../../../src/targets/kubernetes/template/template-diff.ts';
import { template, templateOf } from '../template.ts';

const withEnv = (...env: RawObject[]): RawObject =>
  template({ spec: { containers: [{ name: 'orchestrator', image: 'x:1', env }] } });
const diff = (from: RawObject, to: RawObject) =>
  diffTemplates({ name: '0.2.0 (revision 7)', template: from }, { name: '0.1.0 (revision 6)', template: to });

describe('diffTemplates', () => {
  it('shows the change from the live template to the target', async () => {
    const text = await diff(templateOf('phoenix-orch:v0.2.0'), templateOf('phoenix-orch:v0.1.0'));
    expect(text).toMatch(/^--- 0\.2\.0 \(revision 7\)\n\+\+\+ 0\.1\.0 \(revision 6\)\n@@/);
    expect(text).toMatch(/^-[\s-]+image: phoenix-orch:v0\.2\.0$/m);
    expect(text).toMatch(/^\+[\s-]+image: phoenix-orch:v0\.1\.0$/m);
  });

  it('does not show the order of keys, nor pod-template-hash', async () => {
    const text = await diff(
      { metadata: { labels: { a: '1', 'pod-template-hash': 'h' } }, spec: { a: 1, b: 2 } },
      { spec: { b: 2, a: 1 }, metadata: { labels: { a: '1' } } },
    );
    expect(text).not.toContain('@@');
  });

  it.each(['ORCH_API_TOKEN', 'JWT_SECRET', 'DB_PASSWORD', 'OPENROUTER_API_KEY', 'REDIS_AUTH', 'PG_PW'])(
    'masks the value of %s, a plain word too, and says that it differs',
    async (name) => {
      const text = await diff(withEnv({ name, value: 'old' }), withEnv({ name, value: '4711' }));
      expect(text).not.toMatch(/old|4711/);
      expect(text).toContain('a masked value differs');
    },
  );

  it.each([
    `sk-${'a1b2c3d4'.repeat(4)}`,
    'Tr0ub4dor',
    'kXbGqZwPm',
    'a1b2c3d4e5',
    '7d1c3f0e-2a64-4a58-9c0b-5f2a9d1e7b33',
    '1234567890123456',
  ])('S5 masks the value %s under any name', async (value) => {
    const text = await diff(withEnv({ name: 'LLM', value: 'none' }), withEnv({ name: 'LLM', value }));
    expect(text).toMatch(/^-.*none$/m);
    expect(text).toMatch(/^\+.*•••/m);
    expect(text).not.toContain(value);
    expect(text).toContain('a masked value differs');
  });

  it.each([
    ['RUST_LOG', 'orchestrator=debug,tower_http=warn'],
    ['model_name', 'anthropic/claude-3.5-sonnet-20241022'],
    ['base_url', 'https://openrouter.ai/api/v1'],
    ['KEYCLOAK_URL', 'http://keycloak:8080/realms/orch'],
    ['REDIS_URL', 'redis://cache:6379/0'],
    ['MAX_TOKENS', '8192'],
    ['GREETING', 'two words'],
    ['WAIT', '30s'],
    ['MEMORY', '512Mi'],
    ['ARCH', 'x86_64'],
  ])('S5 shows %s=%s, which may be the line that broke production', async (name, value) => {
    const text = await diff(withEnv({ name, value: 'other' }), withEnv({ name, value }));
    const line = text.split('\n').find((found) => /^\+\s+value: /.test(found)) ?? '';
    expect(line.replace(/^\+\s+value: /, '').replaceAll('"', '')).toBe(value);
    expect(text).not.toContain('•••');
  });

  it('S5 shows of an address all but what opens it, and what the profile names not at all', async () => {
    const url = (secret: string, db: string) =>
      withEnv({ name: 'DATABASE_URL', value: `postgres://orch:${secret}@db/${db}` });
    const text = await diff(url('OLD', 'a'), url('NEW', 'orch'));
    expect(text).toContain('value: postgres://•••@db/orch');
    expect(text).toContain('a masked value differs');
    const of = (value: string) => ({ name: 'x', template: withEnv({ name: 'INTERNAL_HOST', value }) });
    const named = await diffTemplates(of('OLD'), of('NEW'), createMasker(['internal_*']));
    expect(named).not.toMatch(/OLD|NEW/);
    expect(named).toContain('a masked value differs');
  });

  it('masks the headers of a probe', async () => {
    const probe = (value: string) => ({ httpGet: { httpHeaders: [{ name: 'X-Ask', value }] } });
    const of = (value: string) =>
      template({ spec: { containers: [{ name: 'orchestrator', livenessProbe: probe(value) }] } });
    expect(await diff(of('aZ9aZ9aZ9'), of('bY8bY8bY8'))).not.toMatch(/aZ9|bY8/);
  });

  it.each<[string, readonly string[], readonly string[]]>([
    ['the item after a flag', ['--api-token', 'OLD'], ['--api-token', 'NEW']],
    ['the value of a flag', ['--password=OLD'], ['--password=NEW']],
    [
      'the word after a flag in a longer text',
      ['-c', 'run --secret OLD --x'],
      ['-c', 'run --secret NEW --x'],
    ],
    ['quoted words after a flag', ['run --token "OLD two"'], ['run --token "NEW two"']],
    ['an assignment', ['JWT_SECRET=OLD exec run'], ['JWT_SECRET=NEW exec run']],
    ['credentials of a URL', ['postgres://user:OLD@db/x'], ['postgres://user:NEW@db/x']],
    ['a password of a URL alone', ['redis://:OLD@cache'], ['redis://:NEW@cache']],
    ['a password of a URL with "/" in it', ['https://user:O/L@OLD@db/x'], ['https://user:O/L@NEW@db/x']],
    ['a token for a user', ['https://OLD@git.example/x'], ['https://NEW@git.example/x']],
  ])('masks in a command line %s', async (_what, old, wanted) => {
    for (const field of ['args', 'command']) {
      const of = (list: readonly string[]) =>
        template({ spec: { containers: [{ name: 'orchestrator', image: 'x:1', [field]: [...list] }] } });
      const text = await diff(of(old), of(wanted));
      expect(text).not.toMatch(/OLD|NEW/);
      expect(text).toContain('a masked value differs');
    }
  });

  it('shows the rest of a command line', async () => {
    const of = (...args: string[]) =>
      template({ spec: { containers: [{ name: 'orchestrator', image: 'x:1', args }] } });
    const text = await diff(
      of('--max-tokens', '8', '--auth', '--port=80', 'http://a/b', '--token', 'OLD'),
      of('--max-tokens', '9', '--auth', '--port=81', 'http://a/c', '--token', 'OLD'),
    );
    for (const shown of ['"9"', '--auth', '--port=81', 'http://a/c']) expect(text).toContain(shown);
    expect(text).not.toContain('a masked value differs');
  });

  it('masks annotations whose names sound secret, and keeps names of Secrets', async () => {
    const of = (value: string, secretName: string) =>
      template({
        metadata: { annotations: { 'vault/db-password': value } },
        spec: { volumes: [{ name: 'v', secret: { secretName } }] },
      });
    const text = await diff(of('OLD', 'keys-1'), of('NEW', 'keys-2'));
    expect(text).not.toMatch(/OLD|NEW/);
    expect(text).toMatch(/^\+.*secretName: keys-2$/m);
  });

  it('does not say that a masked value differs when none does', async () => {
    const of = (image: string) =>
      template({
        spec: { containers: [{ name: 'orchestrator', image, env: [{ name: 'TOKEN', value: 'same' }] }] },
      });
    expect(await diff(of('x:1'), of('x:2'))).not.toContain('a masked value differs');
  });

  it('says that a masked value differs even where the diff is cut', async () => {
    const many = Array.from({ length: 500 }, (_, index) => ({ name: `V${index}`, value: `${index}` }));
    const text = await diff(
      withEnv({ name: 'TOKEN', value: 'a' }),
      withEnv(...many, { name: 'TOKEN', value: 'b' }),
    );
    expect(text.length).toBeLessThanOrEqual(4096);
    expect(text).toMatch(/more lines\n# a masked value differs\n$/);
  });

  it('takes no longer over a long text that resembles much', async () => {
    const long = `${'://'.repeat(20_000)}${'token'.repeat(20_000)}${'-a'.repeat(20_000)}`;
    const of = (note: string) => template({ metadata: { annotations: { note } } });
    const begun = performance.now();
    await diff(of(long), of(`${long}x`));
    expect(performance.now() - begun).toBeLessThan(3_000);
  });

  it('is cut at 4 KB, and says so', async () => {
    const many = Array.from({ length: 500 }, (_, index) => ({ name: `V${index}`, value: `${index}` }));
    const text = await diff(withEnv(), withEnv(...many));
    expect(text.length).toBeLessThanOrEqual(4096);
    expect(text).toMatch(/# … \d+ more lines\n$/);
  });
});
