import { createHash } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/activity';
import type { ErrorType } from '../../src/domain/errors.ts';
import type { NeedAssessment, NeedVerdict } from '../../src/domain/need/assessment.ts';
import { CHECK_IDS, type CheckId, type CheckResult } from '../../src/domain/proof/checks.ts';
import type { Verdict } from '../../src/domain/proof/verdict.ts';
import { DEFAULT_POLICY, type RunPolicy } from '../../src/domain/request/policy.ts';
import type { ResolvedRun } from '../../src/domain/request/request.ts';
import type { StepId } from '../../src/domain/steps/steps.ts';
import type { Pin } from '../../src/domain/versions/pins.ts';
import type { ShownPlan } from '../../src/domain/versions/plan.ts';
import { planRollback } from '../../src/domain/versions/plan-rollback.ts';
import type { TargetWish } from '../../src/domain/versions/targets.ts';
import { candidate, evidence, observed } from '../domain/observed.ts';

/** What a step does instead of its usual work. @param usual the usual work. @param time counted from 1. */
export type Scripted = (usual: () => unknown, time: number, args: readonly unknown[]) => unknown;
export type Script = Partial<Record<StepId, Scripted>>;

/** How a run of a scripted service behaves: nobody is waited for longer than a test, and nothing is watched. */
export type PolicyChange = { readonly [K in keyof RunPolicy]?: Partial<RunPolicy[K]> | RunPolicy[K] };

export function policyOf(change: PolicyChange = {}): RunPolicy {
  const followThrough = { ...DEFAULT_POLICY.followThrough, forMs: 0 };
  const base: RunPolicy = { ...DEFAULT_POLICY, followThrough };
  const parts = Object.entries(change).map(([key, value]) => {
    const before = base[key as keyof RunPolicy];
    return [key, typeof before === 'object' ? { ...before, ...(value as object) } : value];
  });
  return { ...base, ...Object.fromEntries(parts) };
}

/** A refusal of the catalogue, as a step throws it. */
/** What an assessment comes to. */
export function assessed(verdict: NeedVerdict): NeedAssessment {
  const at = '2026-11-30T02:47:00.000Z';
  return { verdict, sentence: `it is ${verdict}`, at, version: '0.4.0', signals: [] };
}

export function refuse(type: ErrorType, message = 'as the test wants it'): never {
  throw ApplicationFailure.nonRetryable(message, type);
}

export interface ServiceOptions {
  readonly uid: string;
  readonly policy?: PolicyChange;
  readonly request?: Partial<ResolvedRun>;
  /** Checks that find a version bad. */
  readonly bad?: Readonly<Record<string, Partial<Record<CheckId, Verdict>>>>;
}

const CREATED = (revision: number) => `2026-11-0${revision}T00:00:00.000Z`;

/**
 * A service of versions 0.1.0 to 0.4.0, the last one live, all but it proved once. It is changed by `roll-back` alone, plans are those
 * of the runbook, and what each step does is in the hands of the test.
 */
export function scriptedService({ uid, policy, request, bad = {} }: ServiceOptions) {
  const versions = ['0.1.0', '0.2.0', '0.3.0', '0.4.0'].map((version, index) =>
    candidate(version, index + 1, {
      createdAt: CREATED(index + 1),
      ...(index < 3 ? { evidence: evidence(version, CREATED(index + 1)) } : {}),
    }),
  );
  const live = { version: '0.4.0', generation: 4 };
  const writes: string[] = [];
  const told: { readonly headline: string; readonly about?: string; readonly lines: readonly string[] }[] =
    [];
  const proofs: { readonly version: string; readonly verdict: Verdict }[] = [];
  const fingerprintOf = (version: string) => `template-${version}`;
  const check = (id: CheckId): CheckResult => {
    const verdict = bad[live.version]?.[id] ?? 'passed';
    return {
      check: id,
      verdict,
      summary: `${id} of ${live.version}`,
      samples: 1,
      needed: 1,
      inARow: 1,
      values: {},
      evidence: [],
    };
  };
  const started = (changed: boolean) => ({
    changed,
    uid,
    generation: live.generation,
    fingerprint: fingerprintOf(live.version),
    version: live.version,
  });
  const checkSteps = Object.fromEntries(CHECK_IDS.map((id) => [`verify-${id}`, () => check(id)])) as {
    readonly [C in CheckId as `verify-${C}`]: () => unknown;
  };
  const usual: Record<StepId, (...args: never[]) => unknown> = {
    'resolve-request': () => ({
      service: 'orchestrator',
      environment: 'test',
      workload: 'deployment/orchestrator',
      wish: { kind: 'known-good' },
      reason: 'a test',
      incident: '',
      requestedBy: 'anna',
      symptoms: [],
      mitigationsTried: [],
      dryRun: false,
      accept: [],
      checks: ['health', 'chat', 'agents', 'metrics'],
      required: ['health', 'chat', 'agents'],
      notifiers: ['slack'],
      profile: '0123456789ab',
      searchAttributes: false,
      policy: policyOf(policy),
      ...request,
    }),
    'check-access': () => ({}),
    'identify-versions': () => {
      const current = versions.find(({ version }) => version === live.version);
      if (!current) return refuse('WorkloadMissing');
      const history = versions.filter((version) => version !== current).toReversed();
      const rolledBack = writes.at(-1) === live.version && live.version !== '0.4.0';
      return observed(current, history, { uid, generation: live.generation, rolledBack });
    },
    plan: (_service: string, wish: TargetWish, seen: ReturnType<typeof observed>) => {
      const planned = planRollback(seen, wish);
      if ('problem' in planned) return refuse(planned.problem, planned.message);
      return {
        ...planned,
        hash: createHash('sha256').update(JSON.stringify(planned)).digest('hex'),
        diff: '',
      };
    },
    'assess-need': () => assessed('warranted'),
    'check-preconditions': (_service: string, { hash, warnings }: ShownPlan) => ({
      hash,
      warnings,
      preconditions: [],
    }),
    'measure-impact': () => ({ sentence: 'failed plans 38 % -> 0 %', rows: [] }),
    // A group has no service of its own.
    'plan-group': () => refuse('GroupFailed'),
    'identify-holder': () => ({ state: 'closed' }),
    'take-snapshot': () => ({
      fingerprint: fingerprintOf(live.version),
      version: live.version,
      image: '',
      generation: live.generation,
      keptIn: 'replicaset/x',
      uid: 'x',
    }),
    'restore-config': () => ({ changed: false, written: [] }),
    'roll-back': (_service: string, pin: Pin) => {
      if (pin.version === live.version) return started(false);
      live.version = pin.version;
      live.generation += 1;
      writes.push(pin.version);
      return started(true);
    },
    'wait-for-rollout': () => ({
      ...started(false),
      revision: 1,
      replicas: 1,
      podTemplateHash: 'x',
      instances: [],
      completeAt: new Date().toISOString(),
    }),
    ...checkSteps,
    'watch-service': () => ({ end: 'well', probes: 1 }),
    'record-known-good': (_service: string, proof: (typeof proofs)[number]) => void proofs.push(proof),
    notify: (receiver: string, message: (typeof told)[number]) => {
      told.push(message);
      return { receiver };
    },
    'record-incident': () => ({ markdown: 'x.md', json: 'x.json', sha256: '' }),
  };
  return { live, writes, told, proofs, usual };
}

export type ScriptedService = ReturnType<typeof scriptedService>;
