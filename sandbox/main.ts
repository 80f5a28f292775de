import { once } from 'node:events';
import { openSandbox } from './index.ts';
import { imageOf, NAMESPACE } from './manifests.ts';

// A sandbox to play with: v0.1.0 deployed, everything up until Ctrl-C.
const say = (line: string) => process.stdout.write(`${line}\n`);
await using sandbox = await openSandbox({ temporal: { ui: true }, kubernetes: true, progress: say });
const { cluster, temporal } = sandbox;
await cluster.createNamespace(NAMESPACE);
await cluster.deploy({ image: imageOf('v0.1.0') });
const service = await cluster.node.openService(NAMESPACE, { app: 'master-orchestrator' });
say(`Temporal     ${temporal.address}, UI ${temporal.uiUrl}`);
say(`Kubernetes   KUBECONFIG=${cluster.adminKubeconfig} kubectl -n ${NAMESPACE} get pods`);
say(`service      ${service.url}/health`);
say(`metrics      port ${cluster.node.metricsPort} of every pod`);
say(`audit log    ${cluster.controlPlane.auditLog}`);
say('Ctrl-C ends it all.');
await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
