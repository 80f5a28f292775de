import type { Client } from '@temporalio/client';
import { runAddress } from '../../client/ui-address.ts';
import { CommandError, EXIT } from '../errors/exit-codes.ts';
import { whyNobodyStarts } from '../show/unanswered.ts';
import { CHANNEL } from './channel.ts';
import type { Session, SessionOptions } from './session.ts';

/**
 * Opens the session that the options ask for: the Temporal service of the Temporal environment configuration, or an
 * embedded one.
 * @throws CommandError when the service cannot be reached within 5 s.
 */
export async function openSession(options: SessionOptions): Promise<Session> {
  if (options.embedded) return (await import('./embedded.ts')).openEmbedded(options);
  const [{ Client, Connection }, { connectConfig }] = await Promise.all([
    import('@temporalio/client'),
    import('./connect-config.ts'),
  ]);
  const { connectionOptions, namespace = 'default' } = connectConfig(options.profile);
  const address = connectionOptions.address ?? 'localhost:7233';
  try {
    const connection = await Connection.connect({
      connectTimeout: 5000,
      ...connectionOptions,
      channelArgs: CHANNEL,
    });
    const client = new Client({ connection, namespace });
    return {
      client,
      namespace,
      embedded: false,
      prefix: '',
      expectWorker: () => expectWorker(client),
      link: (workflowId, runId) => runAddress(options.ui, namespace, workflowId, runId),
      [Symbol.asyncDispose]: () => connection.close(),
    };
  } catch (error) {
    throw new CommandError(
      EXIT.unavailable,
      `Temporal at ${address} cannot be reached (${(error as Error).message}). ` +
        'Start one (docker compose -f docker-compose.temporal.yml up -d), point the Temporal environment configuration elsewhere, or use --embedded.',
    );
  }
}

async function expectWorker(client: Client): Promise<void> {
  const why = await whyNobodyStarts(client);
  if (why !== undefined) throw new CommandError(EXIT.unavailable, `nothing was started: ${why}`);
}
