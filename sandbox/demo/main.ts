import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { openOn } from '../../src/cli/embedded.ts';
import { follow } from '../../src/cli/follow.ts';
import { startRollback, startVerify, TASK_QUEUE } from '../../src/client/index.ts';
import { loadConfig } from '../../src/config/load.ts';
import { until } from '../../tools/until.ts';
import { openSandbox } from '../index.ts';
import { DEPLOYMENT, imageOf, LABELS, NAMESPACE } from '../manifests.ts';
import { writeConfig } from './config.ts';
import { startReceiver } from './receiver.ts';
import { lookAtService } from './symptoms.ts';

/** What users meet once a few chats have failed on every pod. */
const SYMPTOMS = [/but status "error"/, /llm_router_agent unhealthy/];

const keep = process.argv.includes('--keep');
const out = process.stdout;
const say = (line = '') => void out.write(`${line}\n`);
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort());

Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
process.exitCode = await demo().catch((error: Error) => {
  if (interrupted.signal.aborted) return 130;
  out.write(`\n${error.name === 'ToolMissing' ? error.message : error.stack}\n`);
  return 1;
});

async function demo(): Promise<number> {
  const started = Date.now();
  heading('A world on this machine: Temporal, the Kubernetes API server with its controllers, and a node');
  await using sandbox = await openSandbox({
    temporal: { ui: true },
    kubernetes: true,
    progress: (line) => say(`  ${line}`),
    signal: interrupted.signal,
  });
  const { cluster, temporal } = sandbox;
  await cluster.createNamespace(NAMESPACE);
  const service = await cluster.node.openService(NAMESPACE, LABELS);
  const channel = await startReceiver();
  const records = join(process.cwd(), 'incidents');
  const slackFile = join(sandbox.folder, 'slack-webhook');
  await writeFile(slackFile, channel.url, { mode: 0o600 });
  const configFile = await writeConfig({
    folder: sandbox.folder,
    kubeconfig: await cluster.kubeconfigFor(NAMESPACE),
    endpoint: service.url,
    apiPort: cluster.node.apiPort,
    metricsPort: cluster.node.metricsPort,
    records,
    slackFile,
  });
  say(`  Temporal ${temporal.address}, its UI ${temporal.uiUrl}, Kubernetes ${cluster.server}`);
  say(`  up after ${((Date.now() - started) / 1000).toFixed(1)} s`);

  await using session = await openOn(temporal, await loadConfig(configFile), say);
  const { client } = session;
  const options = { output: out, signal: interrupted.signal };

  heading('Deploy v0.1.0, and verify it: now it is known-good');
  await cluster.deploy({ image: imageOf('v0.1.0'), replicas: 3 });
  const verified = await startVerify(client, { service: 'orchestrator', requestedBy: 'demo' });
  await follow(client, verified.workflowId, (await verified.describe()).runId, options);

  heading('Deploy v0.2.0. Health is fine, the agents are not');
  await cluster.deploy({ image: imageOf('v0.2.0'), replicas: 3 });
  const symptoms = await until('the symptoms', async () => {
    const lines = await lookAtService(service.url);
    return SYMPTOMS.every((symptom) => symptom.test(lines.join())) && lines;
  });
  for (const line of symptoms) say(`  ${line}`);

  heading('Roll back: one workflow');
  const handle = await startRollback(client, {
    service: 'orchestrator',
    reason: 'chat fails since v0.2.0',
    requestedBy: 'demo',
    symptoms: ['POST /api/v1/chat answers status "error"', 'llm_router_agent is unhealthy'],
  });
  const { runId } = await handle.describe();
  const link = session.link(handle.workflowId, runId);
  const report = await follow(client, handle.workflowId, runId, { ...options, ...(link ? { link } : {}) });

  heading('The service answers well again');
  for (const line of await lookAtService(service.url)) say(`  ${line}`);
  const told = channel.received.map(({ body }) => (body as { text?: string }).text?.split('\n')[0]);
  for (const text of told) say(`  the channel was told: ${text}`);

  const record = report.ledger.find((entry) => entry.record)?.record;
  const name = record?.json.replace(/\.json$/, '') ?? join(records, runId);
  const history = `${name}.history.json`;
  await mkdir(records, { recursive: true });
  await writeFile(history, historyToJSON(await handle.fetchHistory()));
  say();
  say(`incident record  ${record?.markdown ?? 'was not written'}`);
  say(`audit it         npm run -s runbook -- audit '${relative(process.cwd(), history)}'`);
  say(`in Temporal UI   ${link}${keep ? '' : '  (stays up with: npm run demo -- --keep)'}`);

  if (keep && !interrupted.signal.aborted) {
    say();
    say('Everything stays up until Ctrl-C. Try next, from another terminal:');
    say(
      `  export TEMPORAL_ADDRESS=${temporal.address} RUNBOOK_UI=${temporal.uiUrl} KUBECONFIG=${cluster.adminKubeconfig}`,
    );
    say('  npm run -s runbook -- status');
    say(`  npm run -s runbook -- audit ${handle.workflowId}`);
    say('  npm run -s runbook -- plan --to previous');
    say(`  kubectl -n ${NAMESPACE} get deployment,replicaset,pod`);
    say(
      `  kubectl -n ${NAMESPACE} set image deployment/${DEPLOYMENT} master-orchestrator=${imageOf('v0.2.0')}`,
    );
    say('  npm run -s runbook -- rollback --reason "bad again"');
    say(
      `  start it from the UI: ${temporal.uiUrl}/namespaces/default/workflows/start-workflow?workflowType=rollback&taskQueue=${TASK_QUEUE}&workflowId=from-the-ui`,
    );
    await new Promise<void>((resolve) => {
      const alive = setInterval(() => undefined, 60_000);
      interrupted.signal.addEventListener('abort', () => {
        clearInterval(alive);
        resolve();
      });
    });
  }
  await channel.close();
  return report.outcome === 'rolled-back' ? 0 : 1;
}

function heading(text: string): void {
  say();
  say(`── ${text}`);
}
