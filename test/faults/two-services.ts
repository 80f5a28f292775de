import { stringify } from 'yaml';

/** Text of a runbook.yaml with the services `orchestrator` and `spare`, whose projects do not exist. */
export const TWO_SERVICES = stringify({
  services: Object.fromEntries(
    ['orchestrator', 'spare'].map((name) => [
      name,
      {
        compose: { directory: `/nonexistent/${name}`, service: name },
        endpoint: 'http://127.0.0.1:1',
        // Nobody is there to answer.
        decisions: { wait: '0s' },
        checks: { health: { within: '1s', every: '100ms' } },
      },
    ]),
  ),
});
