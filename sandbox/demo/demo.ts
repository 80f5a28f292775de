import { writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { openOn } from '../../src/cli/session/embedded.ts';
import type { Session } from '../../src/cli/session/session.ts';
import { loadConfig } from '../../src/config/load.ts';
import { impactOf, needOf, type RunOutcome, type RunReport } from '../../src/domain/ledger/ledger.ts';
import { prometheusProblem } from '../prometheus/index.ts';
import { tellBadConfig } from './bad-config.ts';
import { tellInnocent } from './innocent.ts';
import { tryNext } from './next.ts';
import { rollBack, type ToldRun } from './one-run.ts';
import { deployKnownGood, openStory, type Story, say, told } from './story.ts';
import { probeService, symptomsOf } from './symptoms.ts';
import { startUsers } from './users.ts';
import { untilKnown, untilPlansFail } from './watch-plans.ts';
import type { WorldKind } from './world.ts';

/** How a demo is told. */
export interface DemoOptions {
  /** Leaves everything up until the signal. */
  readonly keep: boolean;
  /** The story of a fault that no release has made. */
  readonly innocent: boolean;
}

/**
 * The demo: a world on this machine that a Prometheus scrapes, a bad release, and its rollback; and one that is bad by its config
 * alone. Or a fault that began before the release: nothing is rolled back.
 * @returns the exit code.
 * @throws the signal's reason when it aborts; everything that was started has ended by then.
 */
export async function demo(
  kind: WorldKind,
  signal: AbortSignal,
  { keep, innocent }: DemoOptions,
): Promise<number> {
  const problem = await prometheusProblem({ signal });
  if (problem) say(`  nothing is measured: ${problem}`);
  if (problem && innocent) return 1;
  await using story = await openStory(kind, signal, { isMeasured: problem === undefined });
  const { world, configFile, stage } = story;
  const { temporal, measured } = world;
  await using session = await openOn(temporal, await loadConfig(configFile), say);
  await deployKnownGood(story, 'v0.1.0', session.client, signal);
  if (measured) stage('Users chat with it, and Prometheus sees what is normal');
  await using _users = measured && startUsers(world.serviceUrl);
  await measured?.scraped();
  if (measured) await untilKnown(measured, { signal });
  signal.throwIfAborted();
  const runs =
    measured && innocent
      ? [await tellInnocent(story, measured, session, signal)]
      : await tellBadReleases(story, session, signal);
  // Awaited here: what is closed at the end is used until then.
  return await endStory(
    story,
    runs,
    { keep, option: kind.option },
    signal,
    innocent ? 'not-warranted' : 'rolled-back',
  );
}

/** A release that is bad, and one whose config is. */
async function tellBadReleases(
  story: Story,
  session: Session,
  signal: AbortSignal,
): Promise<readonly ToldRun[]> {
  const { world, channel, stage } = story;
  const { serviceUrl, config, measured } = world;
  stage('Deploy v0.2.0. Health is fine, the agents are not');
  await world.deploy('v0.2.0');
  for (const line of await symptomsOf(serviceUrl, signal)) say(`  ${line}`);
  if (measured) {
    await measured.scraped();
    await untilPlansFail(measured, signal);
  }

  stage('An alert asks for a rollback: one workflow, which first looks whether it is the release');
  const symptoms = ['POST /api/v1/chat answers status "error"', 'llm_router_agent is unhealthy'];
  const request = { trigger: 'alert', reason: 'chat fails since v0.2.0', symptoms } as const;
  const first = await rollBack(session, request, signal);
  const { report } = first;
  const need = needOf(report);
  if (need) say(`  why: ${need.verdict}, ${need.sentence}`);
  const impact = impactOf(report);
  if (impact) say(`  before and after: ${impact.sentence}`);

  stage('The service answers well again');
  for (const line of await probeService(serviceUrl)) say(`  ${line}`);
  for (const line of await world.show()) say(`  ${line}`);
  for (const text of told(channel)) say(`  the channel was told: ${text}`);
  signal.throwIfAborted();
  return config ? [first, await tellBadConfig(story, config, session, signal)] : [first];
}

/** Says where everything is, and stays up where that is wanted. @returns the exit code. */
async function endStory(
  { world, records }: Story,
  runs: readonly ToldRun[],
  { keep, option }: { readonly keep: boolean; readonly option: string | undefined },
  signal: AbortSignal,
  outcome: RunOutcome,
): Promise<number> {
  signal.throwIfAborted();
  const stay = ['npm run demo --', option, '--keep'].filter(Boolean).join(' ');
  for (const { report, handle, link } of runs) {
    await keepHistory(report, handle, records);
    say(`in Temporal UI   ${link}${keep ? '' : `  (stays up with: ${stay})`}`);
  }
  if (keep && runs[0]) {
    for (const line of tryNext(world, runs[0].handle.workflowId)) say(line);
    await ends(signal);
  }
  return runs.every(({ report }) => report.outcome === outcome) ? 0 : 1;
}

/** The history stands beside the record, for `audit`. */
async function keepHistory(report: RunReport, handle: WorkflowHandle, folder: string): Promise<void> {
  const record = report.ledger.find((entry) => entry.record)?.record;
  const name = record?.json.replace(/\.json$/, '') ?? join(folder, report.runId);
  const file = `${name}.history.json`;
  await writeFile(file, historyToJSON(await handle.fetchHistory()));
  say();
  say(`incident record  ${record?.markdown ?? 'was not written'}`);
  say(`audit it         npm run -s runbook -- audit '${nearest(file)}'`);
}

function nearest(file: string): string {
  const path = relative(process.cwd(), file);
  return path.startsWith('..') ? file : path;
}

function ends(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const alive = setInterval(() => undefined, 60_000);
    const end = () => {
      clearInterval(alive);
      resolve();
    };
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
