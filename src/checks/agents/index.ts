import { checkKind } from '../check-kind.ts';
import { createAgentsCheck } from './probe.ts';
import { agentsSettings } from './settings.ts';

/**
 * Runbook 6.3: agents are healthy, or degraded and not getting worse.
 *
 * Reads: GET /api/v1/agents, of every instance where a port is configured: each has a database of its own (service contract, 5.2).
 * Writes: nothing.
 */
export const agents = checkKind({
  id: 'agents',
  settings: agentsSettings,
  onByDefault: true,
  faults: () => [],
  create: (settings, { endpoint, authorise }) => createAgentsCheck(settings, endpoint, authorise),
});
