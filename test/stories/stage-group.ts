import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parse, stringify } from 'yaml';
import { UNATTENDED } from '../../sandbox/demo/config.ts';
import { startRollbackGroup } from '../../src/client/index.ts';
import type { RunReport } from '../../src/domain/ledger/ledger.ts';
import type { GroupRequest } from '../../src/domain/request/group.ts';
import type { RunningWorker } from '../../src/wiring/start-worker.ts';
import type { Cast, Stage } from './stage.ts';
import { type CastRuns, castRuns, workerFor } from './stage-runs.ts';

export interface GroupOptions {
  /** Versions of each member in the order in which they are deployed; the last one is live. */
  readonly members: Readonly<Record<string, readonly string[]>>;
  /** Settings of the group beside its members. */
  readonly group?: Readonly<Record<string, unknown>>;
  /** Merged into the profile of every member. */
  readonly profile?: Readonly<Record<string, unknown>>;
  readonly checks?: Readonly<Record<string, unknown>>;
  /** Default: a worker in this process. */
  readonly worker?: boolean;
  /** Default: a queue of its own. */
  readonly taskQueue?: string;
}

/** Services of one group, and what can be asked of the runbook for it. */
export interface GroupCast extends Pick<CastRuns, 'end' | 'history' | 'taskQueue' | 'verify'> {
  readonly configFile: string;
  readonly members: Readonly<Record<string, Cast>>;
  start(request?: GroupRequest): ReturnType<typeof startRollbackGroup>;
  run(request?: GroupRequest): Promise<RunReport>;
  /** Images that run, without repository. */
  running(): Promise<Readonly<Record<string, string>>>;
  /** Writes to the members' workloads that the API server took, in order, since the members were deployed. */
  writes(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Services in namespaces of their own, one configuration and one worker for all. */
export async function groupCast(
  stage: Stage,
  name: string,
  {
    members: wanted,
    group = {},
    profile = {},
    checks = {},
    worker: inProcess = true,
    taskQueue: queue,
  }: GroupOptions,
): Promise<GroupCast> {
  const names = Object.keys(wanted);
  const casts = await Promise.all(
    names.map((member) =>
      stage.cast(`${name}-${member}`, { worker: false, profile: { ...UNATTENDED, ...profile }, checks }),
    ),
  );
  const members = Object.fromEntries(names.map((member, index) => [member, casts[index] as Cast]));
  await Promise.all(
    names.map(async (member) => {
      for (const version of wanted[member] ?? []) await members[member]?.deploy(version, { replicas: 1 });
    }),
  );
  const configFile = await groupConfig(members, group);
  const taskQueue = queue ?? `queue-${casts[0]?.namespace}`;
  let worker: RunningWorker | undefined;
  if (inProcess) worker = await workerFor(stage.native, configFile, taskQueue);
  const { end, history, verify } = castRuns(stage.client, name, taskQueue);
  const since = await stage.sandbox.cluster.mark();
  let runs = 0;
  const start = (request: GroupRequest = {}) => {
    runs += 1;
    const workflowId = `rollback-group/${casts[0]?.namespace}/${runs}`;
    return startRollbackGroup(stage.client, request, { taskQueue, workflowId });
  };
  return {
    taskQueue,
    configFile,
    members,
    end,
    history,
    verify,
    start,
    run: async (request = {}) => end(await start(request)),
    async running() {
      const images = await Promise.all(
        names.map(async (member) => {
          const { image } = (await members[member]!.workload()).spec.template.spec.containers[0];
          return [
            member,
            String(image)
              .replace(/^.*:(?=v)/, '')
              .replace(/@.*$/, ''),
          ];
        }),
      );
      return Object.fromEntries(images);
    },
    async writes() {
      const requests = await Promise.all(
        names.map(async (member) =>
          (await stage.sandbox.cluster.requests(members[member]?.user ?? '', since))
            .filter(
              ({ verb, requestURI, status }) =>
                verb === 'patch' && requestURI.includes('/deployments/') && status === 200,
            )
            .map((event) => ({ member, at: event.at })),
        ),
      );
      return requests
        .flat()
        .toSorted((a, b) => (a.at < b.at ? -1 : 1))
        .map(({ member }) => member);
    },
    async close() {
      await worker?.stop();
    },
  };
}

/**
 * One configuration of services that were cast each by itself, as a group with one receiver in common.
 * @returns its file, beside that of the first one.
 */
export async function groupConfig(
  members: Readonly<Record<string, { readonly configFile: string }>>,
  group: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const names = Object.keys(members);
  const files = Object.values(members).map(({ configFile }) => configFile);
  const entries = await Promise.all(
    files.map(async (file) => parse(await readFile(file, 'utf8')).services.orchestrator),
  );
  const services = names.map((member, index) => [member, { ...entries[index], notify: entries[0].notify }]);
  const folder = dirname(files[0] ?? '');
  const configFile = join(folder, 'group.yaml');
  const config = {
    records: join(folder, 'group-incidents'),
    services: Object.fromEntries(services),
    groups: { platform: { members: names, ...group } },
  };
  await writeFile(configFile, stringify(config));
  return configFile;
}
