import { createHash } from 'node:crypto';
import type { MemberRun } from '../../src/activities/plan-group.ts';
import type { RunReport } from '../../src/domain/ledger/ledger.ts';
import { policyOfGroup } from '../../src/domain/people/group-policy.ts';
import type { GroupRequest, ResolvedGroup } from '../../src/domain/request/group.ts';
import type { ResolvedRun, RollbackRequest } from '../../src/domain/request/request.ts';
import type { StepId } from '../../src/domain/steps/steps.ts';
import { parseTarget } from '../../src/domain/versions/targets.ts';
import { until } from '../../tools/until.ts';
import type { TemporalClients } from '../stories/stage-temporal.ts';
import {
  policyOf,
  type Script,
  type ScriptedService,
  type ServiceOptions,
  scriptedService,
} from './scripted-service.ts';
import { scriptedWorker } from './scripted-worker.ts';

export interface ScriptedGroupOptions {
  /** Settings of the group beside its members. */
  readonly group?: Partial<ResolvedGroup>;
  /** Of the run of the group and of each member. */
  readonly policy?: ServiceOptions['policy'];
  readonly services: Readonly<
    Record<string, Omit<Partial<ServiceOptions>, 'uid' | 'policy'> & { readonly script?: Script }>
  >;
}

let count = 0;

/** A worker with a group of scripted services, in the order given. */
export async function scriptedGroup(
  { client, native }: Pick<TemporalClients, 'client' | 'native'>,
  name: string,
  { group = {}, policy, services: wanted }: ScriptedGroupOptions,
) {
  count += 1;
  const taskQueue = `${name}-${count}`;
  const names = Object.keys(wanted);
  const services: Record<string, ScriptedService> = Object.fromEntries(
    names.map((service) => {
      const { script: _script, ...options } = wanted[service] ?? {};
      const uid = `${taskQueue}-${service}`;
      return [service, scriptedService({ ...options, uid, ...(policy ? { policy } : {}) })];
    }),
  );
  const times = new Map<string, number>();
  const told: string[] = [];
  const order: string[] = [];
  const base = () => services[names[0] ?? '']?.usual['resolve-request']() as ResolvedRun;

  function resolveGroup(request: GroupRequest): ResolvedRun {
    const { target = 'known-good' } = request;
    return {
      ...base(),
      service: 'platform',
      dryRun: request.dryRun ?? false,
      policy: policyOfGroup([policyOf(policy)], group.order ?? 'sequential'),
      group: {
        members: names.map((service) => ({ service, target: request.targets?.[service] ?? target })),
        order: 'sequential',
        onFailure: 'restore',
        fallBacks: 2,
        waitMs: 30_000,
        ...group,
      },
    };
  }

  function resolveMember({ service = '', member, target = 'known-good', dryRun = false }: RollbackRequest) {
    const usual = services[service]?.usual['resolve-request']() as ResolvedRun;
    const wish = parseTarget(target);
    return { ...usual, service, dryRun, ...(member ? { member } : {}), ...('kind' in wish ? { wish } : {}) };
  }

  async function planGroup(runs: readonly MemberRun[]) {
    const members = await Promise.all(
      runs.map(async ({ service, workflowId, runId }) => {
        const { plan } = await client.workflow.getHandle(workflowId, runId).query<RunReport>('report');
        return { service, plan };
      }),
    );
    const hash = createHash('sha256')
      .update(JSON.stringify(members.map(({ plan }) => plan?.hash)))
      .digest('hex');
    return { hash, changesNothing: members.every(({ plan }) => plan?.changesNothing), members };
  }

  /** The server ends a lock a moment after its run has closed. */
  async function holderOf(lockId: string) {
    const isFree = async () => (await client.workflow.getHandle(lockId).describe()).status.name !== 'RUNNING';
    const state = await until('the lock to be free', isFree, { withinMs: 1000 }).then(
      () => 'closed',
      () => 'open',
    );
    return { state, workflowId: 'another', runId: 'another' };
  }

  async function work(step: StepId, args: readonly unknown[]): Promise<unknown> {
    switch (step) {
      case 'resolve-request': {
        const [kind, input] = args as [string, GroupRequest & RollbackRequest];
        return kind === 'rollbackGroup' ? resolveGroup(input) : resolveMember(input);
      }
      case 'plan-group':
        return planGroup(args[1] as readonly MemberRun[]);
      case 'notify': {
        const { service, headline } = args[1] as { readonly service: string; readonly headline: string };
        told.push(`${service}: ${headline}`);
        return { receiver: args[0] };
      }
      case 'record-incident':
        return { markdown: 'x.md', json: 'x.json', sha256: '' };
      case 'identify-holder':
        return holderOf(String(args[0]));
    }
    const service = String(args[0]);
    const scripted = services[service];
    const time = (times.get(`${service} ${step}`) ?? 0) + 1;
    times.set(`${service} ${step}`, time);
    const usual = () => {
      const before = scripted?.writes.length ?? 0;
      const value = scripted?.usual[step](...(args as never[]));
      if ((scripted?.writes.length ?? 0) > before) order.push(`${service} ${scripted?.live.version}`);
      return value;
    };
    const script = wanted[service]?.script?.[step];
    return script ? script(usual, time, args) : usual();
  }

  const { close } = await scriptedWorker(native, taskQueue, work);

  return {
    services,
    told,
    /** Writes of all members, in order: `agents 0.3.0`. */
    order,
    taskQueue,
    live: () => Object.fromEntries(names.map((service) => [service, services[service]?.live.version])),
    start: (input: GroupRequest = {}) =>
      client.workflow.start('rollbackGroup', {
        workflowId: `rollback-group/${taskQueue}`,
        taskQueue,
        args: [input],
      }),
    close,
  };
}
