import { execFile, execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { DEPLOYMENT, imageOf, NAMESPACE } from '../sandbox/manifests.ts';
import { startVerify } from '../src/client/index.ts';
import type { RunReport } from '../src/domain/ledger/ledger.ts';
import { locateTool } from '../tools/index.ts';
import { watchCompletion } from './completion.ts';
import { measureCompose } from './compose.ts';
import { connectionsTo } from './connections.ts';
import { measureNeed, needLines } from './need.ts';
import {
  type Benchmarks,
  composeLines,
  type KubernetesFigures,
  kubernetesLines,
  renderBenchmarks,
} from './render.ts';
import { runRunbook, sidesOf } from './rounds.ts';
import { figures } from './statistics.ts';
import { NEEDED, openWorld, WORKER_USER, type World } from './world.ts';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 25);
const DURABLE_ROUNDS = Math.min(ROUNDS, 10);
const WARM_UP = 3;
const TASK_QUEUE = 'bench';
const root = join(import.meta.dirname, '..');
const say = (line: string) => process.stdout.write(`${line}\n`);

const HALVES = ['kubernetes', 'compose', 'need'] as const;
const [half] = process.argv.slice(2);
if (half !== undefined && !HALVES.some((known) => known === half)) {
  throw new Error(
    `npm run bench takes one of ${HALVES.join(', ')}, or nothing for both and docs/benchmarks.md`,
  );
}

const kubectl = await locateTool('kubectl', { progress: say });
if (half === 'need') {
  say(needLines(await measureNeed({ warmUp: WARM_UP, measured: ROUNDS }, say)).join('\n'));
  process.exit(0);
}
// One after the other: the servers of one would share the machine with the other measurement.
const kubernetes = half === 'compose' ? undefined : await measureKubernetes();
const compose =
  half === 'kubernetes' ? undefined : await measureCompose({ warmUp: WARM_UP, measured: ROUNDS }, say);
if (kubernetes && compose) {
  const result: Benchmarks = { ...kubernetes, compose };
  writeFileSync(join(root, 'docs', 'benchmarks.json'), `${JSON.stringify(result, null, 2)}\n`);
  writeFileSync(join(root, 'docs', 'benchmarks.md'), renderBenchmarks(result));
  say(renderBenchmarks(result));
} else {
  if (kubernetes) say(kubernetesLines(kubernetes).join('\n'));
  if (compose) say(composeLines(compose).join('\n'));
}

async function measureKubernetes(): Promise<KubernetesFigures> {
  const world = await openWorld(say);
  try {
    return await measure(world);
  } finally {
    await world.close();
  }
}

async function measure(world: World): Promise<KubernetesFigures> {
  const { cluster } = world.sandbox;
  const starts: number[] = [];
  for (let start = 0; start < 5; start += 1) {
    const { process: worker, firstPollMs } = await world.startWorker(world, `start-${start}`);
    starts.push(firstPollMs);
    worker.signal('SIGKILL');
    await worker.exited;
  }
  const worker = await world.startWorker(world, TASK_QUEUE);
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

  async function runbookRound(round: number): Promise<void> {
    const mark = await cluster.mark();
    const { ms, report, raw } = await runRunbook(world, TASK_QUEUE, `bench/${round}`);
    const asked = await cluster.requests(WORKER_USER, mark);
    const open = connectionsTo(worker.process.pid, Number(new URL(cluster.server).port));
    say(`round ${round}: runbook ${ms.toFixed(0)} ms, ${asked.length} requests`);
    if (round < 0) return;
    runbook.push(ms);
    requests.push(asked.length);
    if (open !== undefined) connections.push(open);
    events.push(Number(raw.workflowExecutionInfo?.historyLength));
    bytes.push(Number(raw.workflowExecutionInfo?.historySizeBytes));
    const wait = waitLatency(report, clock);
    if (wait !== undefined) waits.push(wait);
  }
  async function scriptRound(round: number): Promise<void> {
    const ms = await runScript(world);
    say(`round ${round}: script ${ms.toFixed(0)} ms`);
    if (round >= 0) script.push(ms);
  }

  for (let round = -WARM_UP; round < ROUNDS; round += 1) {
    for (const side of sidesOf(round, runbookRound, scriptRound)) {
      await cluster.deploy({ image: imageOf('v0.2.0'), replicas: 2 });
      await side(round);
    }
  }
  clock.close();
  return {
    at: new Date().toISOString(),
    machine: { cores: cpus().length, memoryGiB: Math.round(totalmem() / 2 ** 30), node: process.version },
    rounds: ROUNDS,
    needed: NEEDED,
    runbookMs: figures(runbook),
    durableMs: figures(await durableTimes(world)),
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

/** Whole runs on a Temporal server whose transactions wait for the disk, as in embedded mode. */
async function durableTimes(world: World): Promise<number[]> {
  const durable = await world.openDurable();
  await world.startWorker(durable, TASK_QUEUE);
  const times: number[] = [];
  for (let round = -WARM_UP; round < DURABLE_ROUNDS; round += 1) {
    await world.sandbox.cluster.deploy({ image: imageOf('v0.2.0'), replicas: 2 });
    const { ms } = await runRunbook(durable, TASK_QUEUE, `bench/durable/${round}`);
    say(`durable round ${round}: runbook ${ms.toFixed(0)} ms`);
    if (round >= 0) times.push(ms);
  }
  return times;
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
  const program = join(root, 'bin', 'runbook.mjs');
  return Array.from({ length: 12 }, () => {
    const begun = performance.now();
    execFileSync(process.execPath, [program, '--help'], { stdio: 'ignore' });
    return performance.now() - begun;
  });
}
