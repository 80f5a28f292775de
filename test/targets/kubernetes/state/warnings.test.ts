import { describe, expect, it } from 'vitest';
import { warningsOf } from '../../../../src/targets/kubernetes/state/warnings.ts';
import { DEPLOYMENT } from '../../../../src/targets/kubernetes/workload/deployment.ts';
import { deployment } from '../objects.ts';
import { template } from '../template.ts';

const warnings = (change: Parameters<typeof deployment>[0] = {}) =>
  warningsOf(DEPLOYMENT, deployment(change), { container: 'orchestrator' });

/** An entry of a manager that applies the template server-side. */
const applied = (manager: string) => ({
  manager,
  operation: 'Apply',
  fieldsV1: { 'f:spec': { 'f:template': {} } },
});

describe('warningsOf', () => {
  it('is silent about a Deployment whose rollout is complete and that is managed by hand', () => {
    expect(warnings({ metadata: { managedFields: [{ manager: 'kubectl-set' }] } })).toEqual([]);
  });

  it('K12 is silent about what is applied server-side beside the template, such as replicas', () => {
    const managedFields = [{ ...applied('hpa'), fieldsV1: { 'f:spec': { 'f:replicas': {} } } }];
    expect(warnings({ metadata: { managedFields } })).toEqual([]);
  });

  it.each<[string, Parameters<typeof deployment>[0], RegExp]>([
    [
      'Argo CD by its annotation',
      { metadata: { annotations: { 'argocd.argoproj.io/tracking-id': 'x' } } },
      /^Argo CD/,
    ],
    [
      'Argo CD by its manager',
      { metadata: { managedFields: [{ manager: 'argocd-controller' }] } },
      /^Argo CD/,
    ],
    ['Flux by its label', { metadata: { labels: { 'kustomize.toolkit.fluxcd.io/name': 'x' } } }, /^Flux/],
    ['Flux by its manager', { metadata: { managedFields: [{ manager: 'helm-controller' }] } }, /^Flux/],
    [
      'kubectl apply',
      { metadata: { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}' } } },
      /kubectl apply/,
    ],
    [
      'K12 a server-side apply, with the command that takes the fields over',
      { metadata: { managedFields: [applied('kubectl')] } },
      /"kubectl" applies .*: kubectl apply --server-side --force-conflicts -f <manifest>$/,
    ],
    [
      'K12 a server-side apply by a manager of another name, quoted for a shell',
      { metadata: { managedFields: [applied("it's ci")] } },
      /--field-manager='it'\\''s ci' -f <manifest>$/,
    ],
    [
      'K12 Flux, which takes its fields back by force, by itself alone',
      { metadata: { managedFields: [applied('kustomize-controller')] } },
      /^Flux/,
    ],
    [
      'the in-repo controllers by their manager',
      { metadata: { managedFields: [{ manager: 'rollback-controller' }] } },
      /rollback-controller/,
    ],
    [
      'the in-repo controllers by what they write',
      {
        spec: {
          template: template({ metadata: { annotations: { 'kubernetes.io/change-cause': 'rollback' } } }),
        },
      },
      /rollback-controller/,
    ],
    ['a change not picked up yet', { metadata: { generation: 4 } }, /not yet picked up/],
    ['a rollout under way', { status: { observedGeneration: 3, updatedReplicas: 1 } }, /1 of 3 replicas/],
    ['a history that is not kept', { spec: { revisionHistoryLimit: 0 } }, /revisionHistoryLimit is 0/],
  ])('tells of %s', (_what, change, expected) => {
    expect(warnings(change)).toEqual([expect.stringMatching(expected)]);
  });
});
