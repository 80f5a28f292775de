import { writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { openOn } from '../../src/cli/session/embedded.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { RunReport } from '../../src/domain/ledger/ledger.ts';
import { tellBadConfig } from './bad-config.ts';
import { tryNext } from './next.ts';
import { rollBack } from './one-run.ts';
import { deployKnownGood, openStory, say, told } from './story.ts';
import { probeService, symptomsOf } from './symptoms.ts';
import type { WorldKind } from './world.ts';

/**
 * The demo: a world on this machine, a bad release, and its rollback; and one that is bad by its config alone.
 * @param keep leaves everything up until the signal.
 * @returns the exit code.
 * @throws the signal's reason when it aborts; everything that was started has ended by then.
 */
export async function demo(kind: WorldKind, signal: AbortSignal, keep: boolean): Promise<number> {
  await using story = await openStory(kind, signal);
  const { world, channel, records, configFile, stage } = story;
  const { temporal, serviceUrl, config } = world;
  await using session = await openOn(temporal, await loadConfig(configFile), say);
  await deployKnownGood(story, 'v0.1.0', session.client, signal);

  stage('Deploy v0.2.0. Health is fine, the agents are not');
  await world.deploy('v0.2.0');
  for (const line of await symptomsOf(serviceUrl, signal)) say(`  ${line}`);

  stage('Roll back: one workflow');
  const symptoms = ['POST /api/v1/chat answers status "error"', 'llm_router_agent is unhealthy'];
  const first = await rollBack(session, { reason: 'chat fails since v0.2.0', symptoms }, signal);

  stage('The service answers well again');
  for (const line of await probeService(serviceUrl)) say(`  ${line}`);
  for (const line of await world.show()) say(`  ${line}`);
  for (const text of told(channel)) say(`  the channel was told: ${text}`);
  signal.throwIfAborted();
  const second = config ? [await tellBadConfig(story, config, session, signal)] : [];
  signal.throwIfAborted();
  const stay = ['npm run demo --', kind.option, '--keep'].filter(Boolean).join(' ');
  for (const { report, handle, link } of [first, ...second]) {
    await keepHistory(report, handle, records);
    say(`in Temporal UI   ${link}${keep ? '' : `  (stays up with: ${stay})`}`);
  }
  if (keep) {
    for (const line of tryNext(world, first.handle.workflowId)) say(line);
    await ends(signal);
  }
  return [first, ...second].every(({ report }) => report.outcome === 'rolled-back') ? 0 : 1;
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
