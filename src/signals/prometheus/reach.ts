import { RunbookError } from '../../domain/errors.ts';
import type { SecretResolver } from '../../secrets/index.ts';
import { openAccess } from './access.ts';
import { createPrometheusClient } from './client.ts';
import type { PrometheusSettings } from './settings.ts';

/** Whether Prometheus answers. @throws RunbookError `Unreachable` with why it does not, for people, without addresses and secrets. */
export async function reachPrometheus(
  settings: PrometheusSettings,
  secrets: SecretResolver,
  signal: AbortSignal,
): Promise<void> {
  const access = await openAccess(settings, secrets, signal);
  const result = await createPrometheusClient(settings, access).instant('time()', signal);
  if (result.kind === 'failed') throw new RunbookError('Unreachable', result.why);
}
