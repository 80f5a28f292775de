import { execFile, execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { DEPLOYMENT, imageOf, NAMESPACE } from '../sandbox/manifests.ts';
import { startRollback, startVerify } from '../src/client/index.ts';
import type { RunReport } from '../src/domain/ledger.ts';
import { locateTool } from '../tools/index.ts';
import { watchCompletion } from './completion.ts';
import { connectionsTo } from './connections.ts';
import { type Benchmarks, renderBenchmarks } from './render.ts';
import { figures } from './statistics.ts';
import { NEEDED, openWorld, WORKER_USER, type World } from './world.ts';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 25);
const WARM_UP = 3;
const TASK_QUEUE = 'bench';
const root = join(import.meta.dirname, '..');
const say = (line: string) => process.stdout.write(`${line}\n`);

const kubectl = await locateTool('kubectl', { progress: say });
const world = await openWorld(say);
try {
  const result = await measure(world);
  writeFileSync(join(root, 'docs', 'benchmarks.json'), `${JSON.stringify(result, null, 2)}\n`);
  writeFileSync(join(root, 'docs', 'benchmarks.md'), renderBenchmarks(result));
  say(renderBenchmarks(result));
} finally {
  await world.close();
}

async function measure(world: World): Promise<Benchmarks> {
  const { cluster } = world.sandbox;
  const starts: number[] = [];
  for (let start = 0; start < 5; start += 1) {
    const { process: worker, firstPollMs } = await world.startWorker(`start-${start}`);
    starts.push(firstPollMs);
    worker.kill('SIGKILL');
  }
  const worker = await world.startWorker(TASK_QUEUE);
  await cluster.deploy({ image: imageOf('v0.1.0'), replicas: 2 });
  await (await startVerify(world.client, {}, { taskQueue: TASK_QUEUE })).result();
  const clock = watchCompletion(cluster);

  const runbook: number[] = [];
  const script: number[] = [];
  const waits: number[] = [];
  const requests: number[] = [];
  const events: number[] = [];
  const bytes: number[] = [];
  const connections: number[] = [];
  for (let round = -WARM_UP; round < ROUNDS; round += 1) {
    // Both sides in turn, so that a slow moment of the machine meets both.
    await cluster.deploy({ image: imageOf('v0.2.0'), replicas: 2 });
    const mark = await cluster.mark();
    const begun = performance.now();
    const handle = await startRollback(
      world.client,
      {},
      { taskQueue: TASK_QUEUE, workflowId: `bench/${round}` },
    );
    const report = await handle.result();
    const took = performance.now() - begun;
    mustBeProved(report);
    const { raw } = await handle.describe();
    const asked = await cluster.requests(WORKER_USER, mark);
    const open = connectionsTo(worker.process.pid ?? 0, Number(new URL(cluster.server).port));

    await cluster.deploy({ image: imageOf('v0.2.0'), replicas: 2 });
    const scriptMs = await runScript(world);
    say(
      `round ${round}: runbook ${took.toFixed(0)} ms, script ${scriptMs.toFixed(0)} ms, ${asked.length} requests`,
    );
    if (round < 0) continue;
    runbook.push(took);
    script.push(scriptMs);
    requests.push(asked.length);
    if (open !== undefined) connections.push(open);
    events.push(Number(raw.workflowExecutionInfo?.historyLength));
    bytes.push(Number(raw.workflowExecutionInfo?.historySizeBytes));
    const wait = waitLatency(report, clock);
    if (wait !== undefined) waits.push(wait);
  }
  clock.close();
  return {
    at: new Date().toISOString(),
    machine: { cores: cpus().length, memoryGiB: Math.round(totalmem() / 2 ** 30), node: process.version },
    rounds: ROUNDS,
    needed: NEEDED,
    runbookMs: figures(runbook),
    scriptMs: figures(script),
    ratio: figures(runbook.map((value, index) => value / (script[index] ?? Number.NaN))),
    waitMs: figures(waits),
    requests: figures(requests),
    connections: figures(connections),
    historyEvents: figures(events),
    historyBytes: figures(bytes),
    firstPollMs: figures(starts),
    helpMs: figures(helpTimes()),
  };
}

function mustBeProved(report: RunReport): void {
  if (report.outcome !== 'rolled-back') throw new Error(`${report.outcome}: ${report.summary}`);
}

/** From "complete" in the API server to the return of the wait step. */
function waitLatency(report: RunReport, clock: ReturnType<typeof watchCompletion>): number | undefined {
  const entry = report.ledger.find(({ step }) => step === 'wait-for-rollout');
  const complete = clock.at(entry?.rollout?.generation ?? 0);
  return entry && complete !== undefined ? Date.parse(entry.finishedAt) - complete : undefined;
}

async function runScript({ kubeconfig, url, sandbox }: World): Promise<number> {
  const { health, chat, agents, metrics } = NEEDED;
  const counts = [health, chat, agents, metrics].map(String);
  const begun = performance.now();
  await promisify(execFile)(
    join(import.meta.dirname, 'rollback.sh'),
    [NAMESPACE, DEPLOYMENT, url, String(sandbox.cluster.node.metricsPort), ...counts],
    {
      env: { ...process.env, KUBECONFIG: kubeconfig, PATH: `${dirname(kubectl.path)}:${process.env.PATH}` },
      timeout: 120_000,
    },
  );
  return performance.now() - begun;
}

function helpTimes(): number[] {
  const main = join(root, 'src', 'cli', 'main.ts');
  return Array.from({ length: 12 }, () => {
    const begun = performance.now();
    execFileSync(process.execPath, [main, '--help'], { stdio: 'ignore' });
    return performance.now() - begun;
  });
}
