// Starts a rollback from another service and waits for its end: nothing but the Temporal client is needed.
import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';

const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
const connection = await Connection.connect(connectionOptions);
const report = await new Client({ connection, namespace }).workflow.execute('rollback', {
  taskQueue: 'rollback-runbook',
  workflowId: 'rollback/orchestrator',
  args: [{ service: 'orchestrator', reason: 'error budget burnt', requestedBy: 'release-bot' }],
});
console.log(`${report.outcome}: ${report.summary}`);
await connection.close();
