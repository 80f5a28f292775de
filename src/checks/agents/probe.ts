import { addressOf, exchange, instanceAddress } from '../../http/exchange.ts';
import type { Check, ProbeContext, ProbeResult } from '../check.ts';
import type { Authorise } from '../http/auth.ts';
import { jsonOf } from '../http/json.ts';
import { comeBackLater, responseOf } from '../http/responses.ts';
import { bad, unclear } from '../probe-results.ts';
import { AgentJudge, type AgentSource } from './judge.ts';
import { readAgentRows } from './rows.ts';
import type { AgentsSettings } from './settings.ts';

/** The check of one service; what it proves stands with the kind. */
export function createAgentsCheck(
  settings: AgentsSettings,
  endpoint: string,
  authorise: Authorise,
  now: () => number = Date.now,
): Check<'agents'> {
  const judge = new AgentJudge(settings);
  return {
    id: 'agents',
    needsInstances: settings.instancePort !== undefined,
    probe: async ({ signal, instances, baseline, ownPlans }) => {
      const found = await readAgents(settings, endpoint, authorise, { instances, signal });
      if (found.length === 0) return unclear('no running instance is known');
      const results = found.flatMap((item) => ('verdict' in item ? [item] : []));
      const rows = found.flatMap((item) => ('verdict' in item ? [] : [item]));
      const judged = judge.judge(rows, now(), { complete: results.length === 0, baseline, ownPlans });
      // A proof against any instance counts; short of that, a silent instance leaves the question open.
      const failed = [...results, judged].find(({ verdict }) => verdict === 'failed');
      const final = results.find((result) => result.final);
      const result = failed ?? final ?? results[0] ?? judged;
      return final ? { ...result, final: true } : result;
    },
  };
}

/** The rows of every source, or what was had instead of them; empty when no instance is known to ask. */
export async function readAgents(
  settings: AgentsSettings,
  endpoint: string,
  authorise: Authorise,
  { instances, signal }: Pick<ProbeContext, 'instances' | 'signal'>,
): Promise<readonly (AgentSource | ProbeResult)[]> {
  const sources = sourcesOf(settings, endpoint, instances);
  if (sources.length === 0) return [];
  const headers = { accept: 'application/json', ...(await authorise(signal)) };
  return Promise.all(sources.map((source) => ask(settings, source, headers, signal)));
}

interface Source extends Pick<AgentSource, 'id' | 'shared'> {
  readonly url: string;
  /** In front of what was observed: empty when there is one source only. */
  readonly label: string;
}

function sourcesOf(
  { instancePort, path }: AgentsSettings,
  endpoint: string,
  instances: ProbeContext['instances'],
): readonly Source[] {
  if (instancePort === undefined)
    return [{ id: 'service', shared: true, url: addressOf(endpoint, path), label: '' }];
  return instances.map(({ name, uid, address }) => ({
    id: uid,
    shared: false,
    url: addressOf(instanceAddress(address, instancePort), path),
    label: `${name}: `,
  }));
}

async function ask(
  { timeoutMs }: AgentsSettings,
  { id, shared, url, label }: Source,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<AgentSource | ProbeResult> {
  const outcome = await exchange({ method: 'GET', url, headers, timeoutMs, signal, fresh: true });
  const labelled = (result: ProbeResult): ProbeResult => ({
    ...result,
    observed: `${label}${result.observed}`,
  });
  const read = responseOf(outcome);
  if ('result' in read) return labelled(read.result);
  const later = comeBackLater(read.response);
  if (later) return labelled(later);
  const json = jsonOf(read.response);
  if ('result' in json) return labelled(json.result);
  const rows = readAgentRows(json.value);
  return 'problem' in rows ? labelled(bad(rows.problem)) : { id, shared, rows };
}
