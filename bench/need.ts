import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { kubernetesEntry, writeConfig } from '../sandbox/demo/config.ts';
import { openSandbox } from '../sandbox/index.ts';
import { imageOf, LABELS, NAMESPACE } from '../sandbox/manifests.ts';
import type { PastSeries } from '../sandbox/prometheus/index.ts';
import { startRollback, startVerify } from '../src/client/index.ts';
import { needOf, type RunReport } from '../src/domain/ledger/ledger.ts';
import { sidesOf } from './rounds.ts';
import { type Figures, figures } from './statistics.ts';
import { startWorkerProcess } from './worker.ts';

/** What it costs to ask whether it is the release. */
export interface NeedFigures {
  /** The step `assess-need`, from its start to its end. */
  readonly stepMs: Figures;
  /** A dry run with it, less one without it, round by round. */
  readonly costMs: Figures;
  /** A dry run without it. */
  readonly plainMs: Figures;
  readonly verdict: string;
}

const JOB = 'bench';
const EVERY_MS = 15_000;
const PAST_MS = 3 * 3_600_000;

/** Dry runs with and without signals in turn: a real Prometheus on loopback with a past of three hours, and the scrapes of two pods. */
export async function measureNeed(
  rounds: { readonly warmUp: number; readonly measured: number },
  say: (line: string) => void,
): Promise<NeedFigures> {
  const sandbox = await openSandbox({
    temporal: true,
    kubernetes: { instantReady: true },
    prometheus: { past: pastUntil(Date.now()) },
    progress: say,
  });
  const { cluster, temporal, prometheus, processes, folder } = sandbox;
  if (!prometheus) throw new Error('a sandbox without a Prometheus');
  const connection = await Connection.connect({ address: temporal.address });
  try {
    const client = new Client({ connection });
    await cluster.createNamespace(NAMESPACE);
    const kubeconfig = await cluster.kubeconfigFor(NAMESPACE);
    const service = await cluster.node.openService(NAMESPACE, LABELS);
    const { apiPort, metricsPort } = cluster.node;
    const worker = async (taskQueue: string, profile: Readonly<Record<string, unknown>>) => {
      const place = join(folder, taskQueue);
      await mkdir(place);
      const config = await writeConfig({
        folder: place,
        target: kubernetesEntry(kubeconfig),
        endpoint: service.url,
        apiPort,
        metricsPort,
        records: join(place, 'incidents'),
        profile,
      });
      await startWorkerProcess(processes, { temporal, client }, { config, taskQueue });
    };
    await worker('plain', {});
    await worker('measured', {
      prometheus: { addresses: [prometheus.url] },
      signals: { selector: { job: JOB } },
    });
    await cluster.deploy({ image: imageOf('v0.1.0'), replicas: 2 });
    await (await startVerify(client, {}, { taskQueue: 'plain' })).result();
    await cluster.deploy({ image: imageOf('v0.2.0'), replicas: 2 });

    const [step, cost, plainMs]: number[][] = [[], [], []];
    let verdict = '';
    for (let round = -rounds.warmUp; round < rounds.measured; round += 1) {
      const took = { plain: 0, measured: 0 };
      let report: RunReport | undefined;
      const side = (queue: 'plain' | 'measured') => async () => {
        const begun = performance.now();
        const options = { taskQueue: queue, workflowId: `bench/${queue}/${round}` };
        const handle = await startRollback(client, { dryRun: true, trigger: 'alert' }, options);
        const done = await handle.result();
        took[queue] = performance.now() - begun;
        if (queue === 'measured') report = done;
      };
      for (const one of sidesOf(round, side('plain'), side('measured'))) await one(round);
      const entry = report?.ledger.find((line) => line.step === 'assess-need');
      const stepMs = entry ? Date.parse(entry.finishedAt) - Date.parse(entry.startedAt) : Number.NaN;
      say(
        `round ${round}: assess-need ${stepMs} ms, a dry run ${took.measured.toFixed(0)} ms, without ${took.plain.toFixed(0)} ms`,
      );
      if (round < 0) continue;
      step?.push(stepMs);
      cost?.push(took.measured - took.plain);
      plainMs?.push(took.plain);
      verdict = (report && needOf(report)?.sentence) ?? '';
    }
    return {
      stepMs: figures(step ?? []),
      costMs: figures(cost ?? []),
      plainMs: figures(plainMs ?? []),
      verdict,
    };
  } finally {
    await connection.close();
    await sandbox.close();
  }
}

export function needLines({ stepMs, costMs, plainMs, verdict }: NeedFigures): readonly string[] {
  const row = (what: string, { median, p99 }: Figures, aim: string) =>
    `| ${what} | ${median.toFixed(0)} | ${p99.toFixed(0)} | ${aim} |`;
  return [
    '| figure | median | p99 | aim |',
    '|---|---|---|---|',
    row('step assess-need, ms', stepMs, 'at or below 100'),
    row('what it adds to a dry run, ms', costMs, 'at or below 100'),
    row('a dry run without it, ms', plainMs, ''),
    '',
    `It said: ${verdict}`,
  ];
}

/** Two pods whose plans do well, seen every fifteen seconds. */
function pastUntil(now: number): readonly PastSeries[] {
  const times = Array.from(
    { length: PAST_MS / EVERY_MS },
    (_, index) => now - PAST_MS + (index + 1) * EVERY_MS - 1000,
  );
  const series = (
    metric: string,
    each: number,
    labels: Readonly<Record<string, string>> = {},
  ): PastSeries[] =>
    ['a', 'b'].map((pod) => ({
      metric,
      labels: { job: JOB, instance: pod, ...labels },
      points: times.map((at, index) => [at, Math.round(index * each)] as const),
    }));
  return [
    ...['a', 'b'].map((pod) => ({
      metric: 'up',
      labels: { job: JOB, instance: pod },
      points: times.map((at) => [at, 1] as const),
    })),
    ...series('orchestrator_plan_started_total', 12),
    ...series('orchestrator_plan_succeeded_total', 12),
    ...series('orchestrator_plan_failed_total', 0.05),
    ...series('agent_call_failures_total', 0.1),
    ...['orchestrator_task_duration_seconds', 'agent_call_duration_seconds'].flatMap((family) => [
      ...series(`${family}_sum`, 15),
      ...series(`${family}_count`, 12),
      ...['a', 'b'].map((pod) => ({
        metric: family,
        labels: { job: JOB, instance: pod, quantile: '0.95' },
        points: times.map((at) => [at, 1.6] as const),
      })),
    ]),
  ];
}
