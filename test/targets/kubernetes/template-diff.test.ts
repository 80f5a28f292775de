import { describe, expect, it } from 'vitest';
import type { RawObject } from '../../../src/targets/kubernetes/resources.ts';
import { diffTemplates } from '../../../src/targets/kubernetes/template-diff.ts';
import { template, templateOf } from './template.ts';

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

  it.each(['ORCH_API_TOKEN', 'JWT_SECRET', 'DB_PASSWORD', 'OPENROUTER_API_KEY', 'REDIS_AUTH'])(
    'masks the value of %s and says that it differs',
    async (name) => {
      const text = await diff(withEnv({ name, value: 'old-value' }), withEnv({ name, value: 'new-value' }));
      expect(text).not.toContain('old-value');
      expect(text).not.toContain('new-value');
      expect(text).toContain('a masked value differs');
    },
  );

  it('masks what has the shape of a credential under any name', async () => {
    const token = `sk-${'a1b2c3d4'.repeat(4)}`;
    const text = await diff(withEnv({ name: 'LLM', value: 'none' }), withEnv({ name: 'LLM', value: token }));
    expect(text).toMatch(/^\+.*•••/m);
    expect(text).not.toContain(token);
  });

  it('shows values that are no secret', async () => {
    const text = await diff(
      withEnv({ name: 'TIMEOUT', value: '10' }),
      withEnv({ name: 'TIMEOUT', value: '30' }),
    );
    expect(text).toMatch(/^\+\s+value: "30"$/m);
  });

  it('is cut at 4 KB, and says so', async () => {
    const many = Array.from({ length: 500 }, (_, index) => ({ name: `V${index}`, value: `${index}` }));
    const text = await diff(withEnv(), withEnv(...many));
    expect(text.length).toBeLessThanOrEqual(4096);
    expect(text).toMatch(/# … \d+ more lines\n$/);
  });
});
