import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { Dependencies } from '../../src/activities/dependencies.ts';
import { receiversOfGroup } from '../../src/activities/request/group-receivers.ts';
import { resolveRequest } from '../../src/activities/resolve-request.ts';
import { parseConfig } from '../../src/config/load.ts';
import type { ResolvedRun } from '../../src/domain/request/request.ts';
import type { RollbackTarget } from '../../src/targets/target.ts';
import { startedNow } from './started-now.ts';

const slack = (env: string) => ({ slack: { url: { env } } });
const service = (deployment: string, more: object = {}) => ({
  kubernetes: { namespace: 'phoenix-orch', deployment },
  endpoint: 'http://127.0.0.1:8181',
  ...more,
});

function dependencies(services: object, groups: object): Dependencies {
  return {
    config: parseConfig(stringify({ services, groups }), { file: 'runbook.yaml' }),
    searchAttributes: () => ({ any: true, leftOut: [] }),
    service: (name) => ({
      target: {
        workload: `deployment/${name}`,
        cluster: async () => undefined,
      } as Partial<RollbackTarget> as RollbackTarget,
      checks: {},
      notifiers: [],
    }),
    writeRecord: () => expect.fail('wrote a record'),
    link: () => undefined,
  };
}

const SERVICES = {
  agents: service('agents', { notify: [slack('ALL'), slack('AGENTS')] }),
  orchestrator: service('orchestrator', { notify: [slack('ALL'), slack('ORCH')] }),
  web: service('web'),
};
const PLATFORM = { platform: { members: ['orchestrator', 'agents'] } };
const deps = dependencies(SERVICES, PLATFORM);

type Kind = 'rollback' | 'rollbackGroup';

function resolve(kind: Kind, input: unknown, parentType?: string, on = deps) {
  const client = startedNow(parentType);
  const env = new MockActivityEnvironment({}, { client, logger: new DefaultLogger('ERROR') });
  return env.run(resolveRequest(on), kind, input) as Promise<{ readonly value: ResolvedRun }>;
}

async function refusal(kind: Kind, input: unknown, parentType?: string, on = deps): Promise<string> {
  const error = await resolve(kind, input, parentType, on).then(
    (value) => expect.fail(`accepted: ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ApplicationFailure);
  expect(error).toMatchObject({ type: 'InvalidRequest', nonRetryable: true });
  return (error as Error).message.replace('the request is wrong: ', '');
}

describe('a request for a group', () => {
  it('is the one group with every member in order, each at its target', async () => {
    const { value } = await resolve('rollbackGroup', { targets: { agents: '0.3.0' } });
    expect(value).toMatchObject({
      service: 'platform',
      environment: 'production',
      workload: 'deployment/orchestrator, deployment/agents',
      group: {
        members: [
          { service: 'orchestrator', target: 'known-good' },
          { service: 'agents', target: '0.3.0' },
        ],
        order: 'sequential',
        onFailure: 'restore',
      },
      notifiers: ['slack', 'slack-2', 'agents-slack-2'],
    });
  });

  it('tells each receiver once, whichever member has it', () => {
    expect(receiversOfGroup(deps.config, 'platform')).toEqual([
      { name: 'slack', service: 'orchestrator', receiver: 'slack' },
      { name: 'slack-2', service: 'orchestrator', receiver: 'slack-2' },
      { name: 'agents-slack-2', service: 'agents', receiver: 'slack-2' },
    ]);
  });

  it.each<[string, unknown, string]>([
    ['another group', { group: 'all' }, 'group: all is no group (known: platform)'],
    [
      'a service',
      { group: 'agents' },
      'group: agents is no group, it is a service: the workflow type is rollback (known: platform)',
    ],
    [
      'a service as a service',
      { service: 'agents' },
      'service: no such field; one service is rolled back by the workflow type rollback',
    ],
    [
      'a target of a stranger',
      { targets: { web: '0.1.0' } },
      'targets.web: is no member of platform (members: orchestrator, agents)',
    ],
    ['a wrong target', { targets: { agents: 'latest' } }, '"latest" names no version'],
    ['another environment', { environment: 'staging' }, 'environment: platform is configured for production'],
    ['force without a reason', { force: true }, 'force: takes a reason, and reason is missing'],
  ])('is refused: %s', async (_what, input, problem) => {
    expect(await refusal('rollbackGroup', input)).toContain(problem);
  });

  it('is refused where no group is configured', async () => {
    const none = dependencies(SERVICES, {});
    expect(await refusal('rollbackGroup', {}, undefined, none)).toContain('no group is configured');
  });

  it('needs somebody who asks where one member needs approval', async () => {
    const guarded = { ...SERVICES, agents: service('agents', { approval: { required: true } }) };
    expect(await refusal('rollbackGroup', {}, undefined, dependencies(guarded, PLATFORM))).toBe(
      'requestedBy: missing, and platform needs approval by somebody else',
    );
  });
});

describe('a request for one service', () => {
  it.each<[string, unknown, string]>([
    [
      'with the name of a group',
      { service: 'platform' },
      'service: platform is a group: start it with --group platform, as the workflow type rollbackGroup',
    ],
    [
      'with a group',
      { group: 'platform' },
      'group: no such field; a group is rolled back by the workflow type rollbackGroup',
    ],
  ])('%s says how a group is started', async (_what, input, problem) => {
    expect(await refusal('rollback', input)).toBe(problem);
  });

  const member = { group: 'platform', onFailure: 'restore', waitMs: 1000 };
  it('is one of a member where the run of its group has started it', async () => {
    const { value } = await resolve('rollback', { service: 'agents', member }, 'rollbackGroup');
    expect(value.member).toEqual(member);
  });

  it.each<[string, unknown, string | undefined]>([
    ['by hand', { service: 'agents', member }, undefined],
    ['by a workflow of another type', { service: 'agents', member }, 'nightly'],
    ['for a service that is no member', { service: 'web', member }, 'rollbackGroup'],
    ['for no group', { service: 'agents', member: { ...member, group: 'x' } }, 'rollbackGroup'],
  ])('is no member when it says so %s: nobody gets around an approval', async (_what, input, parent) => {
    expect(await refusal('rollback', input, parent)).toContain('member: only the run of a group');
  });
});
