import type { Session } from '../../src/cli/session/session.ts';
import { needOf } from '../../src/domain/ledger/ledger.ts';
import { needLines } from '../../src/domain/need/need-rendered.ts';
import { until } from '../../tools/until.ts';
import { rollBack, type ToldRun } from './one-run.ts';
import { WINDOW_MS } from './signals.ts';
import { type Story, say, told } from './story.ts';
import { probeService } from './symptoms.ts';
import { untilPlansFail } from './watch-plans.ts';
import type { MeasuredService } from './world.ts';

/** Long enough before and after a release to tell which was first, in ms. */
const FOR_MS = 3 * WINDOW_MS;

/** The other story: what fails is no release, and began before it. */
export async function tellInnocent(
  { world, provider, channel, stage }: Story,
  measured: MeasuredService,
  session: Session,
  signal: AbortSignal,
): Promise<ToldRun> {
  stage('The language model behind the service fails. No release has done that');
  provider?.fail();
  await untilPlansFail(measured, signal, { over: 0.95, forMs: FOR_MS });
  for (const line of await probeService(world.serviceUrl)) say(`  ${line}`);

  stage('A moment later v0.2.2 is deployed, which is as good as v0.1.0');
  await world.deploy('v0.2.2');
  await measured.scraped();
  const scraped = Date.now();
  // What new processes do at first is over, and has left the window.
  await until('windows of its own', async () => Date.now() - scraped > FOR_MS, { signal });
  await untilPlansFail(measured, signal, { over: 0.95, forMs: FOR_MS });

  stage('An alert asks for a rollback');
  const before = channel.received.length;
  const run = await rollBack(session, { trigger: 'alert', reason: 'HighErrorRate is firing' }, signal);
  const need = needOf(run.report);
  for (const line of need ? needLines(need) : []) say(`  ${line}`);
  for (const line of await world.show()) say(`  ${line}`);
  for (const text of told(channel).slice(before)) say(`  the channel was told: ${text}`);
  return run;
}
