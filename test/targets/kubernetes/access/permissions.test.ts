import { describe, expect, it } from 'vitest';
import {
  accessDenied,
  isGranted,
  type Permission,
  type ResourceRule,
} from '../../../../src/targets/kubernetes/access/permissions.ts';
import { DEPLOYMENT } from '../../../../src/targets/kubernetes/workload/deployment.ts';

const patch: Permission = { group: 'apps', resource: 'deployments', verb: 'patch', name: 'orchestrator' };
const list: Permission = { group: '', resource: 'pods', verb: 'list' };

describe('isGranted', () => {
  it.each<[string, Permission, ResourceRule]>([
    ['an exact rule', patch, { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'patch'] }],
    ['stars', patch, { apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
    [
      'a rule for this very object',
      patch,
      { apiGroups: ['apps'], resources: ['deployments'], verbs: ['patch'], resourceNames: ['orchestrator'] },
    ],
  ])('by %s', (_what, permission, rule) => {
    expect(isGranted([rule], permission)).toBe(true);
  });

  it.each<[string, Permission, ResourceRule]>([
    ['another verb', patch, { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get'] }],
    ['another group', patch, { apiGroups: [''], resources: ['deployments'], verbs: ['patch'] }],
    ['a subresource', patch, { apiGroups: ['apps'], resources: ['deployments/scale'], verbs: ['patch'] }],
    [
      'a rule for another object',
      patch,
      { apiGroups: ['apps'], resources: ['deployments'], verbs: ['patch'], resourceNames: ['other'] },
    ],
    [
      'a rule for single objects, when the whole list is needed',
      list,
      { apiGroups: [''], resources: ['pods'], verbs: ['list'], resourceNames: ['one'] },
    ],
  ])('not by %s', (_what, permission, rule) => {
    expect(isGranted([rule], permission)).toBe(false);
  });
});

describe('accessDenied', () => {
  it('names verb, resource and namespace, and the rule that grants it', () => {
    const error = accessDenied({ kind: DEPLOYMENT, namespace: 'phoenix', name: 'orchestrator' }, [
      patch,
      list,
    ]);
    expect(error.type).toBe('AccessDenied');
    expect(error.message).toContain('patch deployments.apps; list pods in namespace phoenix');
    expect(error.message).toContain('{apiGroups: ["apps"], resources: [deployments], verbs: [patch]}');
  });
});
