import { Client, Connection } from '@temporalio/client';
import { follow } from '../../../src/cli/follow.ts';
import { startRollback } from '../../../src/client/index.ts';
import { runAddress } from '../../../src/client/ui-address.ts';
import { keep } from '../../../tools/processes/index.ts';
import { SandboxUnavailable } from '../../node-agent/network.ts';
import { startWorkerProgram } from '../../worker-program.ts';
import { deployKnownGood, openStory, SERVICE_PROFILE, type Story, say } from '../story.ts';
import type { WorldKind } from '../world.ts';
import { killInTurn } from './killing.ts';
import { type Kill, schedule } from './schedule.ts';
import { type Round, verdictOf } from './verdict.ts';
import { type Victim, victimsIn } from './victims.ts';

/**
 * The demo with everything killed: bad releases are rolled back, and every process of the world is killed with -9 in
 * the middle of a rollback and brought back as a supervisor would.
 * @returns 0 when every rollback ended as if nothing had been.
 */
export async function chaos(kind: WorldKind, signal: AbortSignal): Promise<number> {
  await using story = await openStory(kind, signal, { slow: true });
  const { world, stage, configFile } = story;
  const { temporal, processes, folder } = world;
  const { problem, good, environment, kept, lookedAfter, steps, wanted } = world.chaos;
  if (problem) throw new SandboxUnavailable(problem);
  const ui = temporal.uiUrl;
  const worker = await keep(() =>
    startWorkerProgram({ processes, temporal, folder }, { configFile, ...(ui ? { ui } : {}) }, environment),
  );
  await using connection = closing(await Connection.connect({ address: temporal.address }));
  const client = new Client({ connection, namespace: temporal.namespace });
  await deployKnownGood(story, good, client, signal);
  await world.deploy('v0.2.0');

  stage('What there is to kill: every process of this world but its supervisor and this program');
  const victims = await victimsIn(folder, [...kept, worker], lookedAfter);
  const plan = schedule(victims, steps, wanted);
  for (const { name, by } of victims) say(`  ${name}: brought back by ${by}`);

  const rounds: Round[] = [];
  for (const [index, kills] of plan.entries()) {
    stage(
      `Rollback ${index + 1} of ${plan.length}, with ${kills.map(({ victim }) => victim.name).join(', ')} killed`,
    );
    if (index > 0) await world.deploy('v0.2.0');
    rounds.push(await rollBackWhileKilling(story, client, kills, signal));
  }
  stage('What is left of it');
  const { lines, well } = verdictOf(
    victims.map(({ name }) => name),
    rounds,
  );
  for (const line of lines) say(`  ${line}`);
  return well ? 0 : 1;
}

async function rollBackWhileKilling(
  { world, channel }: Story,
  client: Client,
  kills: readonly Kill<Victim>[],
  signal: AbortSignal,
): Promise<Round> {
  await using effects = await world.chaos.effects();
  const before = channel.received.length;
  const handle = await startRollback(client, {
    service: SERVICE_PROFILE,
    requestedBy: 'demo',
    reason: 'bad again',
  });
  const { workflowId } = handle;
  const { runId } = await handle.describe();
  const link = runAddress(world.temporal.uiUrl, world.temporal.namespace, workflowId, runId);
  const over = new AbortController();
  const broken = new AbortController();
  const killing = killInTurn(client, workflowId, kills, AbortSignal.any([over.signal, signal]));
  // A run that waits for a process which does not come back would wait for long.
  killing.catch((error) => broken.abort(error));
  const report = await follow(client, workflowId, runId, {
    output: process.stdout,
    // What is killed is told between the lines, which a screen that is drawn again would wipe away.
    live: false,
    signal: AbortSignal.any([signal, broken.signal]),
    ...(link ? { link } : {}),
  }).finally(() => over.abort());
  const killed = await killing;
  return {
    report,
    killed,
    changes: await effects.count(),
    counted: effects.what,
    messages: channel.received.length - before,
  };
}

function closing(connection: Connection): Connection & AsyncDisposable {
  return Object.assign(connection, { [Symbol.asyncDispose]: () => connection.close() });
}
