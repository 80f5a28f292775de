import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { configJsonSchema, type JsonSchema, schemaFile } from '../../src/config/json-schema.ts';
import { withKeyTable } from '../../src/config/key-table.ts';
import { loadConfig } from '../../src/config/load.ts';
import { CHECK_IDS } from '../../src/domain/proof/checks.ts';
import { NOTIFIER_IDS } from '../../src/notifiers/catalogue.ts';

const top = (path: string) => new URL(`../../${path}`, import.meta.url);
const text = (path: string) => readFile(top(path), 'utf8');

describe('what is generated from the configuration schema', () => {
  it('runbook.schema.json is current (node src/config/write-schema.ts)', async () => {
    expect(await text('runbook.schema.json')).toBe(schemaFile());
  });

  it('the table of docs/configuration.md is current (node src/config/write-schema.ts)', async () => {
    const document = await text('docs/configuration.md');
    expect(document).toBe(withKeyTable(document, configJsonSchema()));
    expect(document).toContain('`services.<name>.checks.metrics.names.planFailed`');
  });

  it('docs/configuration.md says more of every check and every kind of receiver than its keys', async () => {
    const prose = (await text('docs/configuration.md')).split('<!-- keys:begin -->')[0];
    for (const id of CHECK_IDS) expect(prose).toMatch(new RegExp(`^- \\*\\*${id}\\*\\* `, 'm'));
    for (const id of NOTIFIER_IDS) expect(prose).toContain(`\`${id}\``);
  });

  it('every key says what it means', () => {
    const silent = (schema: JsonSchema, path: string): string[] =>
      Object.entries(schema.properties ?? {})
        .flatMap(([key, inner]) => [
          ...(inner.description ? [] : [`${path}.${key}`]),
          ...silent(inner, `${path}.${key}`),
        ])
        .concat([...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap((form) => silent(form, path)))
        .concat(schema.items ? silent(schema.items, path) : [])
        .concat(
          typeof schema.additionalProperties === 'object' ? silent(schema.additionalProperties, path) : [],
        );
    expect(silent(configJsonSchema(), '')).toEqual([]);
  });
});

it('examples/runbook-compose.yaml is a file that the worker takes', async () => {
  const { services } = await loadConfig(top('examples/runbook-compose.yaml').pathname);
  expect(services.orchestrator?.target).toMatchObject({ kind: 'compose', directory: '/srv/phoenix' });
});

describe('examples/runbook.yaml', () => {
  it('is a right configuration', async () => {
    const { services } = await loadConfig(top('examples/runbook.yaml').pathname);
    expect(services.orchestrator).toMatchObject({
      auth: { mode: 'bearer' },
      required: ['health', 'chat', 'agents', 'metrics'],
      notify: [{ name: 'slack' }, { name: 'webhook' }],
    });
  });

  it('the smallest file of docs/configuration.md is right too', async () => {
    const smallest = /```yaml\n([\s\S]*?)```/.exec(await text('docs/configuration.md'))?.[1] ?? '';
    const config = await loadConfig('runbook.yaml', { readFile: async () => smallest });
    expect(Object.keys(config.services)).toEqual(['orchestrator']);
  });
});
