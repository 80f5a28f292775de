import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { follow } from '../../src/cli/follow.ts';
import { startVerify } from '../../src/client/index.ts';
import { type DemoProvider, startProvider } from './provider.ts';
import { type Receiver, startReceiver } from './receiver.ts';
import { recordsFolder } from './records.ts';
import { measured } from './signals.ts';
import type { DemoWorld, Release, WorldConfig, WorldKind } from './world.ts';

/** The service that every story is about, as its profile is called. */
export const SERVICE_PROFILE = 'orchestrator';

/** A line of the story. */
export const say = (line = ''): void => void process.stdout.write(`${line}\n`);

/** A world in which a story is told: with a channel, a place for records, and a runbook.yaml. */
export interface Story extends AsyncDisposable {
  readonly world: DemoWorld;
  /** The chat channel that is told. */
  readonly channel: Receiver;
  /** Folder of the incident records. */
  readonly records: string;
  readonly configFile: string;
  /** What every release asks, where the service is measured. */
  readonly provider?: DemoProvider;
  /** Begins a part. @throws the signal's reason when it has aborted. */
  stage(heading: string): void;
}

/**
 * Opens the world and says where everything is.
 * @param options what the profile says beside what its world knows.
 */
export async function openStory(
  kind: WorldKind,
  signal: AbortSignal,
  {
    isMeasured = false,
    ...options
  }: Omit<WorldConfig, 'records' | 'slackFile'> & { readonly isMeasured?: boolean } = {},
): Promise<Story> {
  const stage = (heading: string) => {
    signal.throwIfAborted();
    say(`\n── ${heading}`);
  };
  const started = Date.now();
  stage(`A world on this machine: ${kind.parts}`);
  await using opened = new AsyncDisposableStack();
  const provider = isMeasured ? opened.use(await startProvider()) : undefined;
  const world = opened.use(
    await kind.open({
      progress: (line) => say(`  ${line}`),
      signal,
      ...(provider ? { measured: { provider: provider.url } } : {}),
    }),
  );
  const { temporal, folder } = world;
  const channel = opened.use(await startReceiver());
  const slackFile = join(folder, 'slack-webhook');
  await writeFile(slackFile, channel.url, { mode: 0o600 });
  const records = await recordsFolder(process.cwd(), process.env);
  if (records.instead) say(`  ${records.instead}`);
  const configFile = await world.writeConfig({
    ...options,
    ...(world.measured ? { profile: measured(world.measured) } : {}),
    records: records.folder,
    slackFile,
  });
  say(`  Temporal ${temporal.address}, its UI ${temporal.uiUrl}, ${world.listens}`);
  say(`  up after ${((Date.now() - started) / 1000).toFixed(1)} s`);
  signal.throwIfAborted();
  const all = opened.move();
  return {
    world,
    channel,
    records: records.folder,
    configFile,
    ...(provider ? { provider } : {}),
    stage,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/**
 * Deploys a good release and makes it known-good.
 * @param heading of the part, before what is done.
 */
export async function deployKnownGood(
  { world, stage }: Pick<Story, 'world' | 'stage'>,
  release: Release,
  client: Client,
  signal: AbortSignal,
  heading?: string,
): Promise<void> {
  const lead = heading === undefined ? '' : `${heading}. `;
  stage(`${lead}Deploy ${release}, and verify it: now it is known-good`);
  await world.deploy(release);
  const verified = await startVerify(client, { service: SERVICE_PROFILE, requestedBy: 'demo' });
  const { runId } = await verified.describe();
  await follow(client, verified.workflowId, runId, { output: process.stdout, signal });
}

/** The first line of every message that the channel got. */
export function told({ received }: Receiver): (string | undefined)[] {
  return received.map(({ body }) => (body as { text?: string }).text?.split('\n')[0]);
}
