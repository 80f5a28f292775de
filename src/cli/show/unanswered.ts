import type { Client } from '@temporalio/client';
import { describeRun } from '../../client/described-run.ts';
import { describeQueue, TASK_QUEUE } from '../../client/task-queue.ts';
import { shellWord } from '../../domain/media/shell.ts';

/** Somebody before a screen wants to know by then why nothing happens, in ms. */
export const SAID_WITHIN_MS = 1500;

/** A version of a Worker Deployment. */
interface Version {
  readonly deploymentName: string;
  readonly buildId: string;
}

interface Queue {
  /** The version that new runs are given to; none where workers are not versioned, or none was made current. */
  readonly current?: Version;
  /** Versions of the workers that have polled lately. */
  readonly versions: readonly Version[];
  /** Whether workers without Worker Versioning have polled lately. */
  readonly unversioned: boolean;
}

async function queueOf(client: Client, taskQueue: string): Promise<Queue> {
  const { pollers, versioningInfo } = await describeQueue(client, taskQueue);
  const current = versionOf(versioningInfo?.currentDeploymentVersion);
  const seen = pollers.map(({ deploymentOptions }) =>
    // temporal.api.enums.v1.WorkerVersioningMode: versioned.
    deploymentOptions?.workerVersioningMode === 2 ? versionOf(deploymentOptions) : undefined,
  );
  return {
    ...(current ? { current } : {}),
    versions: seen.filter((version) => version !== undefined),
    unversioned: seen.some((version) => version === undefined),
  };
}

function versionOf(
  version: { readonly deploymentName?: string | null; readonly buildId?: string | null } | null | undefined,
): Version | undefined {
  const { deploymentName, buildId } = version ?? {};
  return deploymentName && buildId ? { deploymentName, buildId } : undefined;
}

/** Why a run that is started now would be given to nobody; undefined when somebody is there. */
export async function whyNobodyStarts(client: Client, taskQueue = TASK_QUEUE): Promise<string | undefined> {
  const { current, versions, unversioned } = await queueOf(client, taskQueue);
  if (versions.length === 0 && !unversioned) {
    return `no worker polls the task queue ${taskQueue} in namespace ${client.options.namespace}: start one (npm run worker), or use --embedded`;
  }
  if (current) {
    return versions.some((version) => isSame(version, current))
      ? undefined
      : `${inWords(current)} is current, and no worker of it polls the task queue ${taskQueue}: ${start(current)}`;
  }
  const [version] = versions;
  return unversioned || !version
    ? undefined
    : `${inWords(version)} polls, and no version is current: ${makeCurrent(version)}`;
}

/**
 * Why nobody answers for a run, and what brings it on. A run of a versioned worker is pinned to its version: no other
 * worker goes on with it.
 */
export async function whyNobodyAnswers(client: Client, workflowId: string, runId?: string): Promise<string> {
  const { raw, taskQueue } = await describeRun(client, workflowId, runId);
  const { versioningInfo } = raw.workflowExecutionInfo ?? {};
  const override = versioningInfo?.versioningOverride?.pinned?.version;
  const pinned = versionOf(override ?? versioningInfo?.deploymentVersion);
  if (!pinned) return (await whyNobodyStarts(client, taskQueue)) ?? 'no worker has answered yet';
  const { current } = await queueOf(client, taskQueue);
  const missing = `it is pinned to ${inWords(pinned)}, and no worker of that version answers: ${start(pinned)}`;
  if (!current || isSame(current, pinned)) return missing;
  return `${missing}; or move it to ${inWords(current)}, which is current: ${move(workflowId, current)}`;
}

/**
 * Waits for an answer, and says once why there may be none when it takes longer than people wait for it.
 * @param say is given the reason.
 */
export async function sayingWhy<T>(
  answer: Promise<T>,
  why: () => Promise<string>,
  say: (line: string) => void,
): Promise<T> {
  let isOver = false;
  const timer = setTimeout(async () => {
    const line = await why().catch(() => undefined);
    if (line !== undefined && !isOver) say(line);
  }, SAID_WITHIN_MS);
  try {
    return await answer;
  } finally {
    isOver = true;
    clearTimeout(timer);
  }
}

function isSame(one: Version, other: Version): boolean {
  return one.deploymentName === other.deploymentName && one.buildId === other.buildId;
}

function inWords({ deploymentName, buildId }: Version): string {
  return `version ${buildId} of deployment ${deploymentName}`;
}

function start({ deploymentName, buildId }: Version): string {
  return `start one (TEMPORAL_DEPLOYMENT_NAME=${shellWord(deploymentName)} TEMPORAL_BUILD_ID=${shellWord(buildId)} npm run worker)`;
}

function makeCurrent({ deploymentName, buildId }: Version): string {
  return `temporal worker deployment set-current-version --deployment-name ${shellWord(deploymentName)} --build-id ${shellWord(buildId)}`;
}

function move(workflowId: string, { deploymentName, buildId }: Version): string {
  return `temporal workflow update-options --workflow-id ${shellWord(workflowId)} --versioning-override-behavior pinned --versioning-override-deployment-name ${shellWord(deploymentName)} --versioning-override-build-id ${shellWord(buildId)}`;
}
