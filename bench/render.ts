import type { ComposeFigures } from './compose.ts';
import type { Figures } from './statistics.ts';

/** Everything that one run of the benchmark measured. */
export interface Benchmarks extends KubernetesFigures {
  /** The same on Docker Compose, or why it was not measured. */
  readonly compose: ComposeFigures | { readonly problem: string };
}

/** What was measured of the runbook on Kubernetes. */
export interface KubernetesFigures {
  readonly at: string;
  readonly machine: { readonly cores: number; readonly memoryGiB: number; readonly node: string };
  readonly rounds: number;
  readonly needed: Readonly<Record<string, number>>;
  readonly runbookMs: Figures;
  /** As `runbookMs`, with a Temporal database that waits for the disk; fewer runs. */
  readonly durableMs: Figures;
  readonly scriptMs: Figures;
  readonly ratio: Figures;
  readonly waitMs: Figures;
  readonly requests: Figures;
  readonly connections: Figures;
  readonly historyEvents: Figures;
  readonly historyBytes: Figures;
  readonly firstPollMs: Figures;
  readonly helpMs: Figures;
}

/** docs/benchmarks.md. */
export function renderBenchmarks(result: Benchmarks): string {
  return [...kubernetesLines(result), ...composeLines(result.compose)].join('\n');
}

export function kubernetesLines(result: KubernetesFigures): readonly string[] {
  const { machine, needed } = result;
  return [
    '# Benchmarks',
    '',
    'Written by `npm run bench`; do not edit. Both sides run in one run on the sandbox, now one and now the other first,',
    `with pods that are ready at once, ${result.rounds} rollbacks each (${result.at.slice(0, 10)}; ${machine.cores} cores, ${machine.memoryGiB} GiB, Node ${machine.node};`,
    'the machine is shared, so read medians and ratios). The script is `bench/rollback.sh`: `kubectl rollout undo`, `kubectl rollout',
    `status\`, and curl for the same number of good results: ${Object.entries(needed)
      .map(([check, count]) => `${check} ${count}`)
      .join(', ')}.`,
    '',
    '| figure | median | p99 | aim |',
    '|---|---|---|---|',
    row('whole verified run, ms', result.runbookMs, 0, ''),
    row('the same runbook as a shell script, ms', result.scriptMs, 0, ''),
    row('ratio of the two, round by round', result.ratio, 2, 'median at or below 1.0'),
    row(
      `whole verified run with a Temporal database that waits for the disk (${result.durableMs.count} runs), ms`,
      result.durableMs,
      0,
      '',
    ),
    row(
      'from "complete" in the API server to the wait step’s return, ms',
      result.waitMs,
      0,
      'p99 at or below 50',
    ),
    row('API requests per rollback (audit log)', result.requests, 0, 'at or below 5'),
    row('open connections to the API server', result.connections, 0, '1'),
    row('history events', result.historyEvents, 0, 'at or below 100'),
    row('history size, KB', scaled(result.historyBytes, 1 / 1024), 1, 'at or below 40'),
    row('worker start to first poll, ms', result.firstPollMs, 0, 'at or below 1000'),
    row('`runbook --help`, ms', result.helpMs, 0, 'at or below 200'),
    '',
    'Neither etcd nor Temporal’s database waits for the disk in the sandbox, except in the row that says so.',
    '',
    'API requests are counted in steady state: the watch on the Deployment stays open between the steps and runs of a',
    'worker, and permissions that were found are believed for some minutes. The first rollback of a fresh worker asks',
    'two requests more, and the first proof of a version two to keep its template.',
    '',
  ];
}

export function composeLines(compose: Benchmarks['compose']): readonly string[] {
  if ('problem' in compose) return ['## Docker Compose', '', `Not measured: ${compose.problem}`, ''];
  return [
    '## Docker Compose',
    '',
    `Measured the same way, on a Docker engine (${compose.engine}) with a registry on loopback and Compose ${compose.compose}; the service has no`,
    'healthcheck and `stableFor` is 0, so that neither side waits for a clock. The script is `bench/rollback-compose.sh`: sed of the',
    'tag, `docker compose pull`, `docker compose up -d --no-deps`, `docker ps`, and curl for the same number of good results.',
    '',
    '| figure | median | p99 | aim |',
    '|---|---|---|---|',
    row('whole verified run, ms', compose.runbookMs, 0, ''),
    row('the same runbook as a shell script, ms', compose.scriptMs, 0, ''),
    row('ratio of the two, round by round', compose.ratio, 2, ''),
    row('history events', compose.historyEvents, 0, 'at or below 100'),
    row('history size, KB', scaled(compose.historyBytes, 1 / 1024), 1, ''),
    '',
  ];
}

function row(name: string, { median, p99 }: Figures, digits: number, aim: string): string {
  return `| ${name} | ${median.toFixed(digits)} | ${p99.toFixed(digits)} | ${aim} |`;
}

function scaled(figures: Figures, factor: number): Figures {
  return Object.fromEntries(
    Object.entries(figures).map(([name, value]) => [name, name === 'count' ? value : value * factor]),
  ) as unknown as Figures;
}
