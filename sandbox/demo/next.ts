import { TASK_QUEUE } from '../../src/client/index.ts';
import type { DemoWorld } from './world.ts';

/** What can be tried from another terminal while the demo stays up, a line each. */
export function tryNext(
  { temporal, terminal, commands }: Pick<DemoWorld, 'temporal' | 'terminal' | 'commands'>,
  workflowId: string,
): readonly string[] {
  const { address, uiUrl } = temporal;
  const form = `${uiUrl}/namespaces/default/workflows/start-workflow`;
  const variables = { TEMPORAL_ADDRESS: address, RUNBOOK_UI: uiUrl, ...terminal };
  const settings = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  return [
    '',
    'Everything stays up until Ctrl-C. Try next, from another terminal:',
    `  export ${settings.join(' ')}`,
    '  npm run -s runbook -- status',
    `  npm run -s runbook -- audit ${workflowId}`,
    '  npm run -s runbook -- plan --to previous',
    ...commands.map((command) => `  ${command}`),
    '  npm run -s runbook -- rollback --reason "bad again"',
    `  start it from the UI: ${form}?workflowType=rollback&taskQueue=${TASK_QUEUE}&workflowId=from-the-ui`,
  ];
}
