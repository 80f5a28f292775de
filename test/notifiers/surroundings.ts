import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Notification } from '../../src/notifiers/notifier.ts';
import { createSecretResolver, type SecretResolver } from '../../src/secrets/index.ts';

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A receiver of messages that answers as told and ends with the test. */
export async function receiver(
  answer: { status: number; headers?: Record<string, string>; body?: string } | 'nothing',
): Promise<{
  readonly secrets: SecretResolver;
  readonly received: readonly Received[];
  readonly path: string;
}> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      received.push({ path: request.url ?? '', headers: request.headers, body });
      if (answer !== 'nothing')
        response.writeHead(answer.status, answer.headers ?? {}).end(answer.body ?? '');
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  );
  const path = '/services/T000/B000/hush-hush';
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  return { secrets: createSecretResolver({ env: { HOOK: url, KEY: 'signing key' } }), received, path };
}

export function notification(changes: Partial<Notification> = {}): Notification {
  return {
    idempotencyKey: 'rollback-orchestrator/notify-1/run-1',
    service: 'orchestrator',
    environment: 'production',
    outcome: 'rolled-back',
    headline: 'orchestrator (production) was rolled back and is proved well',
    lines: ['0.2.0 -> 0.1.0', 'reason: chats fail'],
    at: '2026-01-01T00:00:00.000Z',
    workflowId: 'rollback-orchestrator',
    runId: 'run-1',
    ...changes,
  };
}
