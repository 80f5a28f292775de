/** What the tests of Prometheus need around them. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { openSandbox, type Sandbox, type SandboxPrometheus } from '../../../sandbox/index.ts';
import { type PastSeries, prometheusProblem } from '../../../sandbox/prometheus/index.ts';
import type { SignalDefinition, SignalReading } from '../../../src/domain/need/signals.ts';
import { createSecretResolver } from '../../../src/secrets/index.ts';
import { createPrometheusSource, type PrometheusQueries } from '../../../src/signals/prometheus/index.ts';
import { type PrometheusSettings, prometheusSettings } from '../../../src/signals/prometheus/settings.ts';

const MINUTE_MS = 60_000;

/** A signal with what matters to a test. */
export function signalOf(changes: Partial<SignalDefinition> = {}): SignalDefinition {
  return {
    id: 'plan-failure-ratio',
    title: 'failed plans',
    unit: 'ratio',
    windowMs: 5 * MINUTE_MS,
    minSamples: 1,
    worse: 'higher',
    decides: true,
    ...changes,
  };
}

/** The section as the file has it, with its defaults. */
export function settingsOf(written: object): PrometheusSettings {
  return prometheusSettings.parse(written);
}

export interface Reading {
  readonly settings: PrometheusSettings;
  readonly queries: PrometheusQueries;
  readonly definition?: Partial<SignalDefinition>;
  readonly spanMs?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** What the source says of one signal. */
export async function readOne({
  settings,
  queries,
  definition,
  spanMs = 60 * MINUTE_MS,
  env = {},
  signal = new AbortController().signal,
}: Reading): Promise<SignalReading> {
  const source = createPrometheusSource(settings, createSecretResolver({ env }), () => queries);
  const to = Date.now();
  const [reading] = await source.read([signalOf(definition)], {
    from: to - spanMs,
    to,
    instances: [],
    signal,
  });
  return reading ?? expect.fail('no reading for the one signal');
}

/** A reading that has to be a number. */
export function measured(reading: SignalReading): Extract<SignalReading, { kind: 'measured' }> {
  return reading.kind === 'measured' ? reading : expect.fail(`no data: ${reading.why}`);
}

/** A reading that must not be one: why. */
export function whyOf(reading: SignalReading): string {
  return reading.kind === 'no-data' ? reading.why : expect.fail(`measured: ${JSON.stringify(reading.now)}`);
}

/** A target whose metrics are what the test says at the moment. */
export async function target(text: () => string) {
  const server = createServer((_request, response) =>
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(text()),
  );
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  onTestFinished(close);
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

/** Scrape interval of a past, in ms. */
const EVERY_MS = 15_000;

/**
 * A series of the last so many minutes and the ten to come, however long the test takes; a point every fifteen seconds.
 * @param value by the minutes that it is ago; none where there is to be a gap.
 */
export function past(
  metric: string,
  value: (minutesAgo: number) => number | undefined,
  {
    labels = {},
    minutes = 90,
    until = -10,
  }: { labels?: Record<string, string>; minutes?: number; until?: number } = {},
): PastSeries {
  const now = Date.now();
  const points: (readonly [number, number])[] = [];
  for (let ago = minutes * MINUTE_MS; ago >= until * MINUTE_MS; ago -= EVERY_MS) {
    const point = value(ago / MINUTE_MS);
    if (point !== undefined) points.push([now - ago, point]);
  }
  return { metric, labels: { job: 'orchestrator', ...labels }, points };
}

/** What asks for the one series of `loadedPrometheus`: it is 2. */
export const LOAD = { value: 'max(load)' };

/**
 * For a whole file: a real Prometheus that has seen a load of 2 for half an hour.
 * @returns why it does not run here, and the server once the tests begin.
 */
export async function loadedPrometheus() {
  const problem = await prometheusProblem();
  let sandbox: (Sandbox & { readonly prometheus: SandboxPrometheus }) | undefined;
  beforeAll(async () => {
    if (problem) return;
    sandbox = await openSandbox({ prometheus: { past: [past('load', () => 2, { minutes: 30 })] } });
  });
  afterAll(() => sandbox?.close());
  return { problem, url: () => sandbox?.prometheus.url ?? expect.fail('Prometheus does not run') };
}
