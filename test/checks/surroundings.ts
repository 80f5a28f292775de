import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { startOrchestrator } from '../../sandbox/orchestrator/index.ts';
import type { ProbeContext, ProbeResult } from '../../src/checks/check.ts';
import type { Instance } from '../../src/domain/versions/pins.ts';

/** What a probe is given, with what matters to a test. */
export function probeContext(context: Partial<ProbeContext> = {}): ProbeContext {
  const { signal } = new AbortController();
  return { signal, number: 1, key: 'run/step', messages: 0, resumed: false, instances: [], ...context };
}

/** A stand-in orchestrator that ends with the test. */
export async function orchestrator(options: Parameters<typeof startOrchestrator>[0]) {
  const service = await startOrchestrator(options);
  onTestFinished(() => service.close());
  return service;
}

/** A server of the test's own, for what happens on the wire; ends with the test. */
export async function server(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const listening = createServer(answer);
  await new Promise<void>((resolve) => void listening.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => ended(listening));
  return `http://127.0.0.1:${portOf(listening)}`;
}

/** An address on which nothing listens. */
export async function nobody(): Promise<string> {
  const listening = createServer();
  await new Promise<void>((resolve) => void listening.listen(0, '127.0.0.1', resolve));
  const port = portOf(listening);
  await ended(listening);
  return `http://127.0.0.1:${port}`;
}

function portOf(listening: Server): number {
  return (listening.address() as AddressInfo).port;
}

function ended(listening: Server): Promise<void> {
  listening.closeAllConnections();
  return new Promise((resolve) => void listening.close(() => resolve()));
}

/** An instance of the service at an address. */
export function instance(number: number, changes: Partial<Instance> = {}): Instance {
  return {
    name: `pod-${number}`,
    uid: `uid-${number}`,
    address: '127.0.0.1',
    restarts: 0,
    startedAt: '2026-01-01T00:00:00Z',
    ...changes,
  };
}

/** The verdict and what was seen, for comparisons. */
export function said({ verdict, observed, final }: ProbeResult): string {
  return `${verdict}${final ? ', final' : ''}: ${observed}`;
}
