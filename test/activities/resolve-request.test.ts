import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { describe, expect, it } from 'vitest';
import type { Dependencies } from '../../src/activities/dependencies.ts';
import { resolveRequest } from '../../src/activities/resolve-request.ts';
import { createChecks } from '../../src/checks/create-checks.ts';
import type { ServiceProfile } from '../../src/config/profile.ts';
import { type ApprovalPolicy, DEFAULT_POLICY } from '../../src/domain/request/policy.ts';
import type { ResolvedRun } from '../../src/domain/request/request.ts';
import type { RollbackTarget } from '../../src/targets/target.ts';
import { startedNow } from './started-now.ts';

const policy = { needed: 3, everyMs: 1000, withinMs: 10_000, timeoutMs: 1000 };

function profile(name: string, change: Partial<ServiceProfile> = {}): ServiceProfile {
  return {
    name,
    environment: 'production',
    target: {
      kind: 'kubernetes',
      kubeconfig: '/etc/runbook/kubeconfig',
      namespace: 'phoenix-orch',
      deployment: name,
      container: name,
      pin: 'digest',
      rollout: { deadlineMs: 60_000, crashLoopRestarts: 3 },
    },
    endpoint: 'http://orchestrator.internal:8080',
    auth: { mode: 'bearer', secret: { env: 'ORCH_API_TOKEN' } },
    checks: {
      health: { ...policy, path: '/health' },
      chat: { ...policy, path: '/api/v1/chat', message: 'hello', acceptErrors: [], maxMessages: 3 },
    },
    required: ['health', 'chat'],
    notify: [
      { kind: 'slack', name: 'slack', url: { env: 'SLACK_URL' }, timeoutMs: 1000 },
      { kind: 'webhook', name: 'pager', url: { file: '/etc/runbook/pager' }, timeoutMs: 1000 },
    ],
    policy: DEFAULT_POLICY,
    startWithinMs: 600_000,
    hash: '0123456789ab',
    ...change,
  };
}

function dependencies(profiles: readonly ServiceProfile[], searchAttributes = true): Dependencies {
  return {
    config: {
      records: '/records',
      groups: {},
      services: Object.fromEntries(profiles.map((each) => [each.name, each])),
    },
    searchAttributes: () => ({ any: searchAttributes, leftOut: [] }),
    service(name) {
      const found = profiles.find((each) => each.name === name) ?? expect.fail(`asked for ${name}`);
      return {
        target: {
          workload: `deployment/${name} in namespace phoenix-orch`,
          cluster: async () => ({ context: 'production', server: 'https://api.example:6443' }),
        } as Partial<RollbackTarget> as RollbackTarget,
        checks: createChecks(found, () => expect.fail('read a secret')),
        notifiers: [],
      };
    },
    writeRecord: () => expect.fail('wrote a record'),
    link: () => undefined,
  };
}

const one = dependencies([profile('orchestrator')]);
const guarded = (approval: Partial<ApprovalPolicy> = {}) =>
  dependencies([
    profile('orchestrator', {
      policy: {
        ...DEFAULT_POLICY,
        approval: { ...DEFAULT_POLICY.approval, required: true, breakGlass: ['sev1', 'sev2'], ...approval },
      },
    }),
  ]);
const two = dependencies([profile('orchestrator'), profile('gateway', { environment: 'staging' })]);

function resolve(
  deps: Dependencies,
  input?: unknown,
  kind: 'rollback' | 'verify' = 'rollback',
): Promise<{ readonly value: ResolvedRun }> {
  const env = new MockActivityEnvironment({}, { client: startedNow(), logger: new DefaultLogger('ERROR') });
  return env.run(resolveRequest(deps), kind, input);
}
async function refusal(deps: Dependencies, input: unknown): Promise<string> {
  const error = await resolve(deps, input).then(
    (value) => expect.fail(`accepted: ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ApplicationFailure);
  expect(error).toMatchObject({ type: 'InvalidRequest', nonRetryable: true });
  return (error as Error).message;
}

describe('a request joined with its profile', () => {
  it('is the one service with every default when nothing was asked', async () => {
    expect(await resolve(one)).toMatchObject({
      value: {
        service: 'orchestrator',
        environment: 'production',
        workload: 'deployment/orchestrator in namespace phoenix-orch',
        wish: { kind: 'known-good' },
        reason: '',
        incident: '',
        requestedBy: '',
        symptoms: [],
        mitigationsTried: [],
        dryRun: false,
        accept: [],
        checks: ['health', 'chat'],
        required: ['health', 'chat'],
        notifiers: ['slack', 'pager'],
        profile: '0123456789ab',
        searchAttributes: true,
      },
      summary: 'orchestrator (production), target known-good',
    });
  });

  it('holds everything that was asked', async () => {
    const said = {
      reason: 'chats fail',
      incident: 'INC-1234',
      requestedBy: 'ada',
      symptoms: ['500 on /chat'],
      mitigationsTried: ['restarted'],
      dryRun: true,
    };
    const request = { service: 'gateway', environment: 'staging', target: 'revision:6', ...said };
    expect(await resolve(two, request)).toMatchObject({
      value: { service: 'gateway', environment: 'staging', wish: { kind: 'revision', revision: 6 }, ...said },
      summary: 'gateway (staging), target revision 6',
    });
  });

  it('tells the run how to behave', async () => {
    expect(await resolve(one)).toMatchObject({ value: { policy: DEFAULT_POLICY } });
  });

  it('has severity, broken glass and what to do beside another run only when they were given', async () => {
    const given = { severity: 'sev1', breakGlass: 'nobody else is awake', ifRunning: 'join' };
    expect(await resolve(one, given)).toMatchObject({ value: given });
    const { value } = await resolve(one);
    for (const key of Object.keys(given)) expect(value).not.toHaveProperty(key);
  });

  it('of a verification asks nobody, whatever the profile says', async () => {
    const { value } = await resolve(guarded(), {}, 'verify');
    expect(value).not.toHaveProperty('policy');
  });

  it('of a verification holds what is accepted, and names no target', async () => {
    const request = { reason: 'deployed', requestedBy: 'ci', accept: ['chat'] };
    expect(await resolve(one, request, 'verify')).toMatchObject({
      value: { ...request, wish: { kind: 'known-good' }, dryRun: false },
      summary: 'orchestrator (production)',
    });
  });

  it('requires no check that is switched off', async () => {
    const { health } = profile('x').checks;
    const deps = dependencies([profile('x', { checks: { ...(health ? { health } : {}) } })]);
    expect(await resolve(deps)).toMatchObject({ value: { checks: ['health'], required: ['health'] } });
  });

  it('has checks that are on but only recorded', async () => {
    const deps = dependencies([profile('x', { required: ['health'] })]);
    expect(await resolve(deps)).toMatchObject({
      value: { checks: ['health', 'chat'], required: ['health'] },
    });
  });

  it('says when the namespace knows no search attributes', async () => {
    const deps = dependencies([profile('x')], false);
    expect(await resolve(deps)).toMatchObject({ value: { searchAttributes: false } });
  });

  it.each(['rollback', 'verify'] as const)('holds no address and no secret for %s', async (kind) => {
    const text = JSON.stringify(await resolve(one, {}, kind));
    expect(text).toContain('orchestrator (production)');
    expect(text).not.toMatch(/internal|8080|ORCH_API_TOKEN|SLACK_URL|\/etc\/runbook|\/records/);
  });
});

describe('a request is refused', () => {
  it.each<[string, Dependencies, unknown, string]>([
    [
      'without a service when there are two',
      two,
      {},
      'service: missing, and more than one is configured (orchestrator, gateway)',
    ],
    [
      'force without a reason',
      dependencies([profile('orchestrator')]),
      { force: true, reason: ' ' },
      'force: takes a reason, and reason is missing',
    ],
    ['without any service', dependencies([]), {}, 'service: missing'],
    [
      'for an unknown service, although there is but one',
      one,
      { service: 'orchestrater' },
      'service: orchestrater is not configured (known: orchestrator)',
    ],
    [
      'for another environment than the one of the profile',
      two,
      { service: 'gateway', environment: 'production' },
      'environment: gateway is configured for staging, not production',
    ],
    ['when it is malformed', one, { target: 'latest' }, 'target: "latest" names no version'],
    ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'].map(
      (service): [string, Dependencies, unknown, string] => [
        `for ${service}, which every object has`,
        one,
        { service },
        'service: ',
      ],
    ),
  ])('%s', async (_title, deps, input, fault) => {
    expect(await refusal(deps, input)).toContain(`the request is wrong: ${fault}`);
  });
});

describe('a request that needs approval', () => {
  const SEV1 = { severity: 'sev1', breakGlass: 'nobody else is awake' };
  const three = { approvers: ['ada', 'grace', 'linus'], quorum: 2 };

  it.each<[string, Dependencies, object]>([
    ['names who asks', guarded(), { requestedBy: 'ada' }],
    ['breaks the glass', guarded(), SEV1],
    [
      'is of a severity that could break the glass, and does not',
      guarded(),
      { severity: 'sev1', requestedBy: 'ada' },
    ],
    ['is of a severity that could not', guarded(), { severity: 'sev5', requestedBy: 'ada' }],
    ['leaves enough approvers', guarded(three), { requestedBy: 'ada' }],
    ['comes from somebody who is no approver', guarded({ ...three, quorum: 3 }), { requestedBy: 'ci' }],
    [
      'breaks the glass that too few could open',
      guarded({ ...three, quorum: 3 }),
      { ...SEV1, requestedBy: 'ada' },
    ],
    ['may come from anybody when no approvers are named', guarded({ quorum: 10 }), { requestedBy: 'ada' }],
    ['is a dry run without anything', guarded(), { dryRun: true }],
    ['is a dry run with anything', guarded(), { dryRun: true, breakGlass: 'why not' }],
    [
      'is a dry run of a wrong severity',
      guarded(),
      { dryRun: true, severity: 'sev5', breakGlass: 'why not' },
    ],
    ['does not need it, and would break the glass', one, { severity: 'sev5', breakGlass: 'why not' }],
    ['does not need it, and names nobody', dependencies([profile('x')]), {}],
  ])('%s: it goes on', async (_title, deps, input) => {
    expect(await resolve(deps, input)).toMatchObject({ value: input });
  });

  const missing = 'requestedBy: missing, and orchestrator needs approval by somebody else';
  it.each<[string, Dependencies, object, string]>([
    ['does not say who asks', guarded(), {}, missing],
    ['says so with nothing', guarded(), { requestedBy: ' ' }, missing],
    ['has a severity alone', guarded(), { severity: 'sev1' }, missing],
    [
      'breaks the glass without a severity',
      guarded(),
      { breakGlass: 'why not', requestedBy: 'ada' },
      'breakGlass: goes with a severity, and severity is missing',
    ],
    [
      'breaks a glass that is not there without a severity',
      one,
      { breakGlass: 'why not' },
      'breakGlass: goes with a severity, and severity is missing',
    ],
    [
      'breaks the glass for too little',
      guarded(),
      { severity: 'sev3', breakGlass: 'why not', requestedBy: 'ada' },
      'breakGlass: orchestrator allows it for sev1, sev2, not for sev3',
    ],
    [
      'breaks a glass that nobody may break',
      guarded({ breakGlass: [] }),
      { ...SEV1, requestedBy: 'ada' },
      'breakGlass: orchestrator allows it for no severity, not for sev1',
    ],
    [
      'comes from one of the few approvers',
      guarded({ ...three, quorum: 3 }),
      { requestedBy: ' Ada' },
      'requestedBy: orchestrator needs 3 of its approvers besides the requester, and has 2',
    ],
  ])('%s: it is refused', async (_title, deps, input, fault) => {
    expect(await refusal(deps, input)).toBe(`the request is wrong: ${fault}`);
  });
});
