import type { WorkflowHandle } from '@temporalio/client';
import { imageOf } from '../../sandbox/manifests.ts';
import type { RunReport } from '../../src/domain/ledger/ledger.ts';
import type { Waiting } from '../../src/domain/people/waiting.ts';
import { until } from '../../tools/until.ts';
import type { Cast, Stage } from './stage.ts';

/** A profile whose runs wait for people, long enough for any test. */
export const ASKED = { decisions: { wait: '120s' }, followThrough: { for: '0s' } };
/** For versions whose chat fails: the verdict comes soon. */
export const SOON = { chat: { needed: 1, every: '100ms', within: '1s' } };

export function reportOf(handle: WorkflowHandle): Promise<RunReport> {
  return handle.query<RunReport>('report');
}

/** What the run waits for, once it is of this kind. */
export function waits<K extends Waiting['kind']>(
  handle: WorkflowHandle,
  kind: K,
  step?: string,
): Promise<Extract<Waiting, { kind: K }>> {
  return until(`the run to wait for a ${kind}`, async () => {
    const { waitingFor, outcome, summary } = await reportOf(handle);
    if (outcome !== 'running') throw new Error(`the run has ended: ${outcome}, ${summary}`);
    const isIt = waitingFor?.kind === kind && (!step || ('step' in waitingFor && waitingFor.step === step));
    return isIt && (waitingFor as Extract<Waiting, { kind: K }>);
  });
}

/** Waits until a run that waits for an answer has told people of it and stands still: nothing of its own comes any more. */
export async function standsStill(handle: WorkflowHandle): Promise<void> {
  await until('the run to stand still', async () => {
    const { ledger, waitingFor } = await reportOf(handle);
    const { pendingActivities, pendingWorkflowTask } = (await handle.describe()).raw;
    const told = ledger.some(({ step, about }) => step === 'notify' && about === waitingFor?.id);
    return told && pendingActivities?.length === 0 && !pendingWorkflowTask;
  });
}

/** Sends one update. */
export function send(handle: WorkflowHandle, update: string, input: unknown): Promise<unknown> {
  return handle.executeUpdate(update, { args: [input] });
}

export async function imageNow(cast: Cast): Promise<string> {
  return (await cast.workload()).spec.template.spec.containers[0].image;
}

/** A service with these versions deployed, the last one live. */
export async function ready(
  stage: Stage,
  name: string,
  versions: readonly string[],
  profile: Readonly<Record<string, unknown>> = ASKED,
  checks: Readonly<Record<string, unknown>> = {},
): Promise<Cast> {
  const cast = await stage.cast(name, { profile, checks });
  for (const version of versions) await cast.deploy(version);
  return cast;
}

/** First lines of the messages that the channel was sent. */
export function headlines(cast: Pick<Cast, 'channel'>): string[] {
  return cast.channel.received.map(
    ({ body }) => String((body as { text?: string }).text).split('\n')[0] ?? '',
  );
}

/** The run that follows a rollback through. */
export function followerOf(stage: Stage, { runId }: RunReport): WorkflowHandle {
  return stage.client.workflow.getHandle(`follow-through/orchestrator/${runId}`);
}

/** Changes the image as another program would: under its own name. */
export async function changeAs(stage: Stage, cast: Cast, manager: string, version: string): Promise<void> {
  const path = `/apis/apps/v1/namespaces/${cast.namespace}/deployments/master-orchestrator?fieldManager=${manager}`;
  const [{ name }] = (await cast.workload()).spec.template.spec.containers;
  const spec = { template: { spec: { containers: [{ name, image: imageOf(version) }] } } };
  const type = 'application/strategic-merge-patch+json';
  await stage.sandbox.cluster.api.must('PATCH', path, { spec }, type);
}

/** The service goes on answering, and says that it is not well. */
export async function breakHealth(stage: Stage, { namespace }: Cast): Promise<void> {
  const { api, node } = stage.sandbox.cluster;
  const { items } = await api.must('GET', `/api/v1/namespaces/${namespace}/pods`);
  for (const { metadata } of items) await node.setBehaviour(metadata.name, 'health-not-ok');
}
