import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { composeHostProblem } from '../sandbox/compose/index.ts';
import { SERVICE } from '../sandbox/demo/compose-project.ts';
import { startVerify } from '../src/client/index.ts';
import { type ComposeWorld, openComposeWorld } from './compose-world.ts';
import { runRunbook, sidesOf } from './rounds.ts';
import { type Figures, figures } from './statistics.ts';
import { NEEDED } from './world.ts';

/** What was measured of the runbook on Docker Compose. */
export interface ComposeFigures {
  /** Versions of the engine and of Compose. */
  readonly engine: string;
  readonly compose: string;
  readonly runbookMs: Figures;
  readonly scriptMs: Figures;
  readonly ratio: Figures;
  readonly historyEvents: Figures;
  readonly historyBytes: Figures;
}

const TASK_QUEUE = 'bench-compose';

/**
 * Runs the runbook and `bench/rollback-compose.sh` in turn on one engine.
 * @returns why there are no figures where this machine has no engine.
 */
export async function measureCompose(
  rounds: { readonly warmUp: number; readonly measured: number },
  say: (line: string) => void,
): Promise<ComposeFigures | { readonly problem: string }> {
  const problem = await composeHostProblem();
  if (problem) return { problem };
  const world = await openComposeWorld(TASK_QUEUE, say);
  try {
    await world.deploy('v0.1.0');
    await (await startVerify(world.client, {}, { taskQueue: TASK_QUEUE })).result();
    return await measureRounds(world, rounds, say);
  } finally {
    await world.close();
  }
}

async function measureRounds(
  world: ComposeWorld,
  { warmUp, measured }: { readonly warmUp: number; readonly measured: number },
  say: (line: string) => void,
): Promise<ComposeFigures> {
  const runbook: number[] = [];
  const script: number[] = [];
  const events: number[] = [];
  const bytes: number[] = [];
  async function runbookRound(round: number): Promise<void> {
    const { ms, raw } = await runRunbook(world, TASK_QUEUE, `bench/compose/${round}`);
    say(`compose round ${round}: runbook ${ms.toFixed(0)} ms`);
    if (round < 0) return;
    runbook.push(ms);
    events.push(Number(raw.workflowExecutionInfo?.historyLength));
    bytes.push(Number(raw.workflowExecutionInfo?.historySizeBytes));
  }
  async function scriptRound(round: number): Promise<void> {
    const ms = await runScript(world);
    say(`compose round ${round}: script ${ms.toFixed(0)} ms`);
    if (round >= 0) script.push(ms);
  }
  for (let round = -warmUp; round < measured; round += 1) {
    for (const side of sidesOf(round, runbookRound, scriptRound)) {
      await world.deploy('v0.2.0');
      await side(round);
    }
  }
  const { host } = world;
  return {
    engine: await host.docker('version', '--format', '{{.Server.Version}}'),
    compose: await host.docker('compose', 'version', '--short'),
    runbookMs: figures(runbook),
    scriptMs: figures(script),
    ratio: figures(runbook.map((value, index) => value / (script[index] ?? Number.NaN))),
    historyEvents: figures(events),
    historyBytes: figures(bytes),
  };
}

async function runScript({ host, composeFile, url, metricsUrl }: ComposeWorld): Promise<number> {
  const { health, chat, agents, metrics } = NEEDED;
  const counts = [health, chat, agents, metrics].map(String);
  const image = `${host.images.repository}:v0.1.0`;
  const begun = performance.now();
  await promisify(execFile)(
    join(import.meta.dirname, 'rollback-compose.sh'),
    [composeFile, SERVICE, image, url, metricsUrl, ...counts],
    { env: { ...host.environment }, timeout: 120_000 },
  );
  return performance.now() - begun;
}
