import type { KubernetesApi } from '../../../sandbox/control-plane/api.ts';
import { until } from '../../../tools/until.ts';
import type { Service } from './world.ts';

/** A policy that writes another template annotation with each change of the service's workload. */
export async function stampEveryChange(
  api: KubernetesApi,
  of: Service,
  resource: 'deployments' | 'statefulsets' = 'deployments',
): Promise<void> {
  const admission = '/apis/admissionregistration.k8s.io/v1';
  const name = `stamp-${of.namespace}`;
  const expression =
    'Object{spec: Object.spec{template: Object.spec.template{metadata: Object.spec.template.metadata{annotations: {"example.com/request": object.metadata.resourceVersion}}}}}';
  await api.must('POST', `${admission}/mutatingadmissionpolicies`, {
    metadata: { name },
    spec: {
      matchConstraints: {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': of.namespace } },
        resourceRules: [
          {
            apiGroups: ['apps'],
            apiVersions: ['v1'],
            operations: ['UPDATE'],
            resources: [resource],
          },
        ],
      },
      mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression } }],
      failurePolicy: 'Fail',
      reinvocationPolicy: 'Never',
    },
  });
  await api.must('POST', `${admission}/mutatingadmissionpolicybindings`, {
    metadata: { name },
    spec: { policyName: name },
  });
  await until('the policy to be in force', async () => {
    const dry = await api.must(
      'PATCH',
      `${of.path()}?dryRun=All`,
      { metadata: { labels: { probe: 'x' } } },
      'application/merge-patch+json',
    );
    return dry.spec.template.metadata.annotations?.['example.com/request'] !== undefined;
  });
}
