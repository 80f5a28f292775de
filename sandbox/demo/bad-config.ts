import type { Session } from '../../src/cli/session/session.ts';
import { showPlan } from '../../src/cli/show/show-plan.ts';
import { out } from '../../src/cli/show/terminal.ts';
import { rollBack, type ToldRun } from './one-run.ts';
import { deployKnownGood, type Story, say, told } from './story.ts';
import { probeService, symptomsOf } from './symptoms.ts';
import { untilPlansFail } from './watch-plans.ts';
import type { ReleaseConfig } from './world.ts';

/**
 * The second part of the story: a release whose image is good and whose config is not goes back with its config, and the next
 * release is deployed as ever.
 */
export async function tellBadConfig(
  story: Story,
  { called, kept, inUse }: ReleaseConfig,
  session: Session,
  signal: AbortSignal,
): Promise<ToldRun> {
  const { world, stage, channel } = story;
  stage(`Deploy v0.2.1. Its image is good; ${called} has another model, and agents that give up too soon`);
  await world.deploy('v0.2.1');
  for (const line of await symptomsOf(world.serviceUrl, signal)) say(`  ${line}`);
  if (world.measured) {
    await world.measured.scraped();
    await untilPlansFail(world.measured, signal);
  }

  stage('Ask for the plan: it shows the settings that change');
  const { report: planned } = await rollBack(session, { dryRun: true }, signal);
  if (planned.plan) showPlan(planned.plan, out);

  stage('Roll back: image and config as one');
  const before = channel.received.length;
  const reason = 'chat fails since v0.2.1';
  const run = await rollBack(session, { reason, symptoms: ['llm_router_agent is unhealthy'] }, signal);

  stage(`The service answers well again, and ${kept}`);
  for (const line of await probeService(world.serviceUrl)) say(`  ${line}`);
  say(`  ${await inUse()}`);
  for (const text of told(channel).slice(before)) say(`  the channel was told: ${text}`);

  await deployKnownGood(story, 'v0.2.2', session.client, signal, 'The next release is applied as ever');
  say(`  ${await inUse()}`);
  return run;
}
