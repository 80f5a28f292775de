import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTwoFilesPatch } from 'diff';
import { request } from 'undici';
import { freePorts } from '../../tools/ports.ts';
import { until } from '../../tools/until.ts';
import type { ComposeHost } from '../compose/index.ts';
import { openSandbox } from '../index.ts';
import { composeChaos } from './chaos/compose.ts';
import {
  COMPOSE_FILE,
  CONFIG_TOML,
  composeProject,
  ENV_FILE,
  SERVICE,
  withTag,
  withTimeout,
} from './compose-project.ts';
import { composeEntry, writeConfig } from './config.ts';
import { serviceConfig } from './service-config.ts';
import { STORY_PACE } from './signals.ts';
import type { DemoWorld, Release, WorldKind, WorldOptions } from './world.ts';

/** The service in a Compose project, beside another one that must not notice anything. */
export const COMPOSE: WorldKind = {
  parts: 'Temporal, a Docker engine with Compose, and a registry',
  option: '--compose',
  open: openComposeWorld,
};

/** Seconds that the language model has for an answer: a release brings its settings along. */
const TIMEOUTS: Readonly<Record<Release, number>> = {
  'v0.1.0': 30,
  'v0.1.0-slow-ready': 30,
  'v0.2.0': 5,
  'v0.2.1': 5,
  'v0.2.2': 30,
};
/** How long a container must run to count as up, where a rollout is to take its time. */
const SLOW_STABLE = '3s';

async function openComposeWorld({ progress, signal, measured }: WorldOptions): Promise<DemoWorld> {
  const sandbox = await openSandbox({
    temporal: { ui: true },
    compose: true,
    ...(measured ? { prometheus: STORY_PACE } : {}),
    progress,
    signal,
  });
  const { composeHost: host, temporal, folder, prometheus } = sandbox;
  try {
    // The worker of the demo is in this process: it finds engine and Compose as every program does.
    Object.assign(process.env, host.environment);
    const { directory, ports } = await writeProject(host, measured?.provider);
    const [composeFile, envFile] = [join(directory, COMPOSE_FILE), join(directory, ENV_FILE)];
    const configFile = join(directory, CONFIG_TOML);
    const [apiPort, metricsPort] = ports;
    const serviceUrl = `http://127.0.0.1:${apiPort}`;
    const scraped = await prometheus?.scrape([`127.0.0.1:${metricsPort}`], { job: SERVICE });
    let deployed = '';
    const { DOCKER_HOST = '', DOCKER_CONFIG = '' } = host.environment;
    return {
      folder,
      temporal,
      processes: sandbox.processes,
      listens: [
        `Docker ${DOCKER_HOST}, registry ${host.registry.address}`,
        ...(prometheus ? [`Prometheus ${prometheus.url}`] : []),
      ].join(', '),
      serviceUrl,
      writeConfig: (options) =>
        writeConfig({
          folder,
          target: composeEntry(directory, options.slow ? SLOW_STABLE : undefined),
          endpoint: serviceUrl,
          apiPort,
          metricsPort,
          ...options,
        }),
      async deploy(release) {
        await edit(composeFile, (text) => withTag(text, release));
        await edit(envFile, (text) => withTimeout(text, TIMEOUTS[release]));
        await writeFile(configFile, serviceConfig(release));
        await host.compose(directory, 'up', '--detach');
        deployed = await readFile(composeFile, 'utf8');
        await until('the service', () => answers(`${serviceUrl}/health`), { signal, everyMs: 20 });
      },
      async show() {
        const now = await readFile(composeFile, 'utf8');
        const columns = '{{.Service}}\t{{.Image}}\t{{.Status}}';
        return [
          `diff of ${COMPOSE_FILE} to the one of v0.2.0:`,
          ...changedLines(deployed, now),
          `${ENV_FILE}: ${/LLM_TIMEOUT_SECONDS=\d+/.exec(await readFile(envFile, 'utf8'))}`,
          'docker compose ps:',
          ...aligned(await host.compose(directory, 'ps', '--format', columns)),
        ];
      },
      ...(prometheus && scraped
        ? { measured: { prometheus, job: SERVICE, scraped: () => scraped.up() } }
        : {}),
      config: {
        called: `its ${CONFIG_TOML}`,
        kept: `its ${CONFIG_TOML} is what was proved`,
        inUse: async () => `its config: ${inUse(await readFile(configFile, 'utf8'))}`,
      },
      whereabouts: [`metrics http://127.0.0.1:${metricsPort}/metrics`, `project ${directory}`],
      terminal: { DOCKER_HOST, DOCKER_CONFIG },
      commands: [
        `docker compose -f ${composeFile} ps`,
        `sed -i s/v0.1.0/v0.2.0/ ${composeFile} && docker compose -f ${composeFile} up -d ${SERVICE}`,
      ],
      chaos: composeChaos(sandbox, directory),
      [Symbol.asyncDispose]: () => sandbox.close(),
    };
  } catch (error) {
    await sandbox.close();
    throw error;
  }
}

async function writeProject(host: ComposeHost, provider?: string) {
  const ports = await freePorts(4);
  const [apiPort = 0, metricsPort = 0, cacheApiPort = 0, cacheMetricsPort = 0] = ports;
  for (const release of ['v0.2.0', 'v0.2.1', 'v0.2.2']) await host.images.publish(release);
  const cache = await host.images.publish('v7.2.0', { behaviour: 'good', repository: 'answer-cache' });
  const files = composeProject({
    image: `${host.images.repository}:v0.1.0`,
    apiPort,
    metricsPort,
    config: serviceConfig('v0.1.0'),
    ...(provider ? { provider } : {}),
    cache: { image: cache.reference, apiPort: cacheApiPort, metricsPort: cacheMetricsPort },
  });
  return { directory: await host.project('phoenix', files), ports: [apiPort, metricsPort] as const };
}

/** Model and time-out of a config. */
function inUse(config: string): string {
  return [...config.matchAll(/^(?:model_name|timeout_secs) = .*$/gm)].join(', ');
}

async function edit(file: string, change: (text: string) => string): Promise<void> {
  await writeFile(file, change(await readFile(file, 'utf8')));
}

async function answers(url: string): Promise<boolean> {
  try {
    const { statusCode, body } = await request(url, { headersTimeout: 5_000, reset: true });
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  }
}

/** As `git diff --unified=0` shows them. */
function changedLines(before: string, after: string): readonly string[] {
  return createTwoFilesPatch('before', 'after', before, after, '', '', { context: 0 })
    .split('\n')
    .slice(3)
    .filter(Boolean)
    .map((line) => `  ${line}`);
}

function aligned(table: string): readonly string[] {
  const rows = table.split('\n').map((line) => line.split('\t'));
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(width(column))).join('  ')}`.trimEnd());
}
