import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addNote, cancelRun, RunUnanswered } from '../../src/client/index.ts';
import { freePorts } from '../../tools/ports.ts';

let client: Client;
beforeAll(async () => {
  const [port] = await freePorts(1);
  client = new Client({ connection: Connection.lazy({ address: `127.0.0.1:${port}` }) });
});
afterAll(() => client.connection.close());

it('an answer that Temporal does not take is one that may be sent again', async () => {
  const sent = addNote(client, 'rollback/x', { note: 'x', by: 'ada' }, { updateId: 'u-1', withinMs: 1000 });
  await expect(sent).rejects.toBeInstanceOf(RunUnanswered);
  await expect(sent).rejects.toMatchObject({ workflowId: 'rollback/x', updateId: 'u-1' });
});

it('a cancellation that Temporal does not take is an error, and never said to be requested', async () => {
  await expect(cancelRun(client, 'rollback/x', { by: 'ada' }, { withinMs: 1000 })).rejects.toThrow();
});
