import { addressOf, exchange } from '../../http/exchange.ts';
import type { Check } from '../check.ts';
import type { Authorise } from '../http/auth.ts';
import { jsonOf } from '../http/json.ts';
import { responseOf } from '../http/responses.ts';
import { unclear } from '../probe-results.ts';
import { expectedModel, judgeHealth } from './judge.ts';
import type { HealthSettings } from './settings.ts';

/** The check of one service; what it proves stands with the kind. */
export function createHealthCheck(
  settings: HealthSettings,
  endpoint: string,
  authorise: Authorise,
): Check<'health'> {
  return {
    id: 'health',
    probe: async ({ signal, baseline, differenceAccepted }) => {
      const url = addressOf(endpoint, settings.path);
      const outcome = await exchange({
        method: 'GET',
        url,
        headers: { accept: 'application/json', ...(await authorise(signal)) },
        timeoutMs: settings.timeoutMs,
        signal,
        fresh: true,
      });
      if (outcome.kind === 'unanswered') {
        return unclear(`${outcome.problem} at ${placeOf(url)}`, outcome.heard ? {} : { unreached: true });
      }
      const read = responseOf(outcome);
      if ('result' in read) return read.result;
      const json = jsonOf(read.response);
      if ('result' in json) return json.result;
      return judgeHealth(json.value, expectedModel(settings, baseline), differenceAccepted);
    },
  };
}

/** Where it knocked, as `host:port/path`: an address that nobody answers at is mostly the wrong one. */
function placeOf(url: string): string {
  const { protocol, hostname, port, pathname } = new URL(url);
  return `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}${pathname}`;
}
