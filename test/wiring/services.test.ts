import { expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.ts';
import { prepareDependencies } from '../../src/wiring/services.ts';

it('a service has signals where its profile has the section, and nothing is opened for it', async () => {
  const service = (name: string, more: string) => `
  ${name}:
    kubernetes: { namespace: phoenix-orch, deployment: ${name} }
    endpoint: http://127.0.0.1:8181
    prometheus: { addresses: ["http://127.0.0.1:9"], auth: { mode: bearer, secret: { env: NOT_SET } } }
    ${more}`;
  const text = `services:${service('with', 'signals: { selector: { job: orch } }')}${service('without', '')}`;
  const config = parseConfig(text, { file: 'runbook.yaml' });
  const attributes = () => expect.fail('nothing asks for them');
  const prepared = prepareDependencies({ config, env: {}, namespace: 'default' }, attributes);
  try {
    expect(prepared.dependencies.service('with').signals).toBeDefined();
    expect(prepared.dependencies.service('without')).not.toHaveProperty('signals');
  } finally {
    await prepared.close();
  }
});
