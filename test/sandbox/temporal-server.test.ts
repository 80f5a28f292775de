import { Client, Connection } from '@temporalio/client';
import { expect, test } from 'vitest';
import { openSandbox } from '../../sandbox/index.ts';
import { SEARCH_ATTRIBUTES } from '../../src/domain/request/search-attributes.ts';

test('the server is usable at once, has the search attributes, and keeps runs over a restart', async () => {
  const { temporal, close } = await openSandbox({ temporal: true });
  if (!temporal) throw new Error('no Temporal server');
  try {
    const connection = await Connection.connect({ address: temporal.address });
    const client = new Client({ connection, namespace: temporal.namespace });
    const { customAttributes } = await connection.operatorService.listSearchAttributes({
      namespace: temporal.namespace,
    });
    expect(Object.keys(customAttributes)).toEqual(expect.arrayContaining(Object.values(SEARCH_ATTRIBUTES)));
    await client.workflow.start('sleeps', { taskQueue: 'nobody', workflowId: 'survivor', args: [] });
    const pid = temporal.pid();
    await temporal.restart();
    expect(temporal.pid()).not.toBe(pid);
    await connection.close();
    const again = await Connection.connect({ address: temporal.address });
    const description = await new Client({ connection: again }).workflow.getHandle('survivor').describe();
    expect(description.status.name).toBe('RUNNING');
    await again.close();
  } finally {
    await close();
  }
});

test('with ui the web interface answers on the loopback address', async () => {
  const sandbox = await openSandbox({ temporal: { ui: true } });
  try {
    const response = await fetch(sandbox.temporal?.uiUrl ?? '');
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('<html');
  } finally {
    await sandbox.close();
  }
});
