import { readFile, writeFile } from 'node:fs/promises';
import { parse, stringify } from 'yaml';
import { UNATTENDED } from '../../sandbox/demo/config.ts';
import type { RunReport } from '../../src/domain/ledger/ledger.ts';
import { send, waits } from './asked.ts';
import type { Cast, Stage } from './stage.ts';
import { workerFor } from './stage-runs.ts';

export type Services = Record<string, Record<string, unknown>>;

/** A run that waits for approval while its worker is restarted with other services; approved then, and at its end. */
export async function restartedWith(
  stage: Stage,
  name: string,
  change: (services: Services) => Services,
): Promise<{ readonly cast: Cast; readonly report: RunReport }> {
  const approval = { required: true, expires: '120s' };
  const cast = await stage.cast(name, { profile: { ...UNATTENDED, approval }, worker: false });
  for (const version of ['v0.1.0', 'v0.2.0']) await cast.deploy(version);
  const before = await workerFor(stage.native, cast.configFile, cast.taskQueue);
  const run = await cast.start({ requestedBy: 'ada' });
  const { planHash } = await waits(run, 'approval');
  await before.stop();
  const config = parse(await readFile(cast.configFile, 'utf8'));
  await writeFile(cast.configFile, stringify({ ...config, services: change(config.services) }));
  const after = await workerFor(stage.native, cast.configFile, cast.taskQueue);
  await send(run, 'approve', { plan: planHash, approvedBy: 'ben' });
  const report = await cast.end(run);
  await after.stop();
  return { cast, report };
}
