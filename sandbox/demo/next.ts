import { TASK_QUEUE } from '../../src/client/index.ts';
import type { TemporalServer } from '../../tools/temporal-server.ts';
import type { SandboxCluster } from '../index.ts';
import { DEPLOYMENT, imageOf, NAMESPACE } from '../manifests.ts';

/** What can be tried from another terminal while the demo stays up, a line each. */
export function tryNext(
  { cluster, temporal }: { readonly cluster: SandboxCluster; readonly temporal: TemporalServer },
  workflowId: string,
): readonly string[] {
  const { address, uiUrl } = temporal;
  const form = `${uiUrl}/namespaces/default/workflows/start-workflow`;
  return [
    '',
    'Everything stays up until Ctrl-C. Try next, from another terminal:',
    `  export TEMPORAL_ADDRESS=${address} RUNBOOK_UI=${uiUrl} KUBECONFIG=${cluster.adminKubeconfig}`,
    '  npm run -s runbook -- status',
    `  npm run -s runbook -- audit ${workflowId}`,
    '  npm run -s runbook -- plan --to previous',
    `  kubectl -n ${NAMESPACE} get deployment,replicaset,pod`,
    `  kubectl -n ${NAMESPACE} set image deployment/${DEPLOYMENT} master-orchestrator=${imageOf('v0.2.0')}`,
    '  npm run -s runbook -- rollback --reason "bad again"',
    `  start it from the UI: ${form}?workflowType=rollback&taskQueue=${TASK_QUEUE}&workflowId=from-the-ui`,
  ];
}
