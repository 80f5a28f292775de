/**
 * A real Prometheus on the loopback interface, with a folder and a port of its own; it ends with the sandbox.
 *
 *     await using sandbox = await openSandbox({ prometheus: true });        // or borrowSandbox({ prometheus: true }) in a test
 *     const prometheus = sandbox.prometheus;
 *     const scraped = await prometheus.scrape(['127.0.0.1:9000'], { job: 'orchestrator' });
 *     await scraped.up();                                                   // every target of it was scraped once
 *     await scraped.change(['127.0.0.1:9001', '127.0.0.1:9002']);           // other instances, under the same labels
 *     await prometheus.ask('sum(rate(orchestrator_plan_failed_total[5s]))') // [] when there is no such series
 *     prometheus.url                                                        // what goes into `prometheus.addresses`
 *
 * - A target is `host:port`; its `/metrics` is scraped every `scrapeEveryMs` (default 500). Labels: yours, with `job`
 *   (`service` unless you say another) and `instance`. A borrowed Prometheus keeps the series of earlier borrowers: give
 *   every test a job of its own, and ask for it.
 * - **Prometheus looks at its targets every five seconds** (its discovery manager, no setting): a new target is scraped
 *   within 5 s and a removed one is stale within 5 s. What is to be fast keeps its targets.
 * - **A past** (hours, without waiting) is imported before the start, so it needs a Prometheus of its own:
 *   `openSandbox({ prometheus: { past: [{ metric: 'up_total', labels: { job: 'orchestrator' }, points: [[at, 1], …] }] } })`,
 *   times in milliseconds, the last one not after now (where nothing is scraped it may be: values of now then stay what they are). Scraped samples go on where the past ends, when the labels are the
 *   same ones (`instance` included). A range query sees both.
 * - `lookbackMs`: after how long a series without a sample is gone (Prometheus: 5 min).
 * - `access`: TLS and client certificates (`serverTls` with an authority of `createAuthority`), a login (`SANDBOX_LOGIN`). Bearer tokens Prometheus knows none of: put a proxy in
 *   front (`startFaultProxy({ upstream: prometheus.url })`), which is also how every fault is made.
 * - `prometheus.process.kill()` and `.start()`: gone, and back on the same port with the same data.
 * - `prometheusProblem()` says why a machine has none, for `test.skipIf`; in CI it throws.
 */
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { request } from 'undici';
import { onFreePorts } from '../../tools/ports.ts';
import { type Kept, keep, type Managed, type Processes, whileRunning } from '../../tools/processes/index.ts';
import { until } from '../../tools/until.ts';
import { asking, type PrometheusAccess } from './access.ts';
import { commandLine, configuration, webConfiguration } from './configuration.ts';
import { importPast, type PastSeries } from './past.ts';
import type { PrometheusPrograms } from './programs.ts';
import { openTargets, type ScrapedTargets } from './targets.ts';

export { type PrometheusAccess, SANDBOX_LOGIN, type SandboxLogin, type SandboxTls } from './access.ts';
export { type Authority, type Certificate, createAuthority, serverTls } from './certificates.ts';
export type { PastSeries } from './past.ts';
export { locatePrometheusPrograms, type PrometheusPrograms, prometheusProblem } from './programs.ts';
export type { ScrapedTargets } from './targets.ts';

export interface PrometheusOptions {
  /** From 100; default 500. */
  readonly scrapeEveryMs?: number;
  /** After how long a series without a new sample is gone. Default: Prometheus' own 5 min. */
  readonly lookbackMs?: number;
  /** What it is to have seen already. */
  readonly past?: readonly PastSeries[];
  /** Default: anybody, without TLS. */
  readonly access?: PrometheusAccess;
}

/** A running Prometheus. */
export interface SandboxPrometheus {
  readonly url: string;
  readonly process: Kept;
  readonly log: string;
  /** Has targets scraped, until `end`. */
  scrape(targets: readonly string[], labels?: Readonly<Record<string, string>>): Promise<ScrapedTargets>;
  /** What an instant query says now, one number for each series. @throws Error with Prometheus' words. */
  ask(query: string): Promise<readonly Answer[]>;
}

/** One series of an answer. */
export interface Answer {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const SCRAPE_EVERY_MS = 500;

/**
 * Starts Prometheus and waits until it answers.
 * @throws ProcessEnded with the end of its log when it does not come up.
 */
export async function startPrometheus(
  processes: Processes,
  programs: PrometheusPrograms,
  options: PrometheusOptions = {},
  signal?: AbortSignal,
): Promise<SandboxPrometheus> {
  const { scrapeEveryMs = SCRAPE_EVERY_MS, past = [], access = {}, lookbackMs } = options;
  const folder = await mkdtemp(join(processes.folder, 'prometheus-'));
  const at = (name: string) => join(folder, name);
  const files = {
    config: at('prometheus.yml'),
    web: at('web.yml'),
    data: at('data'),
    targets: at('targets'),
  };
  await mkdir(files.targets);
  await writeFile(files.config, configuration(files, scrapeEveryMs));
  await writeFile(files.web, webConfiguration(access));
  if (past.length > 0) await importPast(programs.promtool, past, { folder, data: files.data });
  const log = at('prometheus.log');
  const secured = access.tls !== undefined || access.login !== undefined;
  return onFreePorts(1, async ([port = 0]) => {
    const address = `127.0.0.1:${port}`;
    const url = `${access.tls ? 'https' : 'http'}://${address}`;
    const line = commandLine(files, address, { lookbackMs, secured });
    const begin = async (): Promise<Managed> => {
      const running = await processes.start('prometheus', programs.prometheus, line, { log });
      const up = (within: AbortSignal) => until('Prometheus', () => isReady(url, access), { signal: within });
      await whileRunning([running], up, signal).catch(async (error: unknown) => {
        await running.stop();
        throw error;
      });
      return running;
    };
    const process = await keep(begin);
    const ask = (query: string) => instantQuery(url, access, query);
    return { url, process, log, ask, scrape: openTargets(files.targets, ask) };
  });
}

async function isReady(url: string, access: PrometheusAccess): Promise<boolean> {
  try {
    const { status } = await get(`${url}/-/ready`, access);
    return status === 200;
  } catch {
    return false;
  }
}

async function instantQuery(
  url: string,
  access: PrometheusAccess,
  query: string,
): Promise<readonly Answer[]> {
  const { status, text } = await get(`${url}/api/v1/query?query=${encodeURIComponent(query)}`, access);
  if (status !== 200) throw new Error(`Prometheus: ${text}`);
  const { data } = JSON.parse(text) as {
    data: { result: readonly { metric: Record<string, string>; value: readonly [number, string] }[] };
  };
  return data.result.map(({ metric, value }) => ({ labels: metric, value: toNumber(value[1]) }));
}

function toNumber(text: string): number {
  return Number(text.replace('Inf', 'Infinity'));
}

async function get(url: string, access: PrometheusAccess): Promise<{ status: number; text: string }> {
  const { dispatcher, headers } = asking(access);
  try {
    const { statusCode, body } = await request(url, {
      dispatcher,
      headers,
      headersTimeout: 5_000,
      bodyTimeout: 5_000,
    });
    return { status: statusCode, text: await body.text() };
  } finally {
    await dispatcher.destroy();
  }
}
