import { checkKind } from '../check-kind.ts';
import { createHealthCheck } from './probe.ts';
import { healthSettings } from './settings.ts';

/**
 * Runbook 6.1: the process is up, and talks to the provider and model that the known-good version had. It proves that
 * the process is up with the right config, and nothing more (service contract, 3.2).
 *
 * Reads: GET /health of the service.
 * Writes: nothing.
 */
export const health = checkKind({
  id: 'health',
  settings: healthSettings,
  onByDefault: true,
  faults: () => [],
  create: (settings, { endpoint, authorise }) => createHealthCheck(settings, endpoint, authorise),
});
