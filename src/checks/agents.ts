import type { AgentsSettings } from '../domain/profile.ts';
import { addressOf, exchange, instanceAddress } from '../http/exchange.ts';
import { readAgentRows } from './agent-rows.ts';
import type { Authorise } from './auth.ts';
import type { Check, Look, LookContext } from './check.ts';
import { AgentJudge, type AgentSource } from './judge-agents.ts';
import { answerOf, bad, comeBackLater, jsonOf, unclear } from './looks.ts';

/**
 * Runbook 6.3: GET /api/v1/agents shows agents that are well, or at least not getting worse. Each instance has a
 * database of its own (service contract, 5.2): with `instancePort` every one is asked.
 */
export function createAgentsCheck(
  settings: AgentsSettings,
  endpoint: string,
  authorise: Authorise,
  now: () => number = Date.now,
): Check {
  const judge = new AgentJudge(settings);
  return {
    id: 'agents',
    needsInstances: settings.instancePort !== undefined,
    look: async ({ signal, instances }) => {
      const sources = sourcesOf(settings, endpoint, instances);
      if (sources.length === 0) return unclear('no running instance is known');
      const headers = { accept: 'application/json', ...(await authorise(signal)) };
      const found = await Promise.all(sources.map((source) => ask(settings, source, headers, signal)));
      const looks = found.flatMap((item) => ('verdict' in item ? [item] : []));
      const rows = found.flatMap((item) => ('verdict' in item ? [] : [item]));
      const judged = judge.judge(rows, now(), looks.length === 0);
      // A proof against any instance counts; short of that, a silent instance leaves the question open.
      const failed = [...looks, judged].find(({ verdict }) => verdict === 'failed');
      const final = looks.find((look) => look.final);
      const look = failed ?? final ?? looks[0] ?? judged;
      return final ? { ...look, final: true } : look;
    },
  };
}

interface Source extends Pick<AgentSource, 'id' | 'shared'> {
  readonly url: string;
  /** In front of what was seen: empty when there is one source only. */
  readonly label: string;
}

function sourcesOf(
  { instancePort, path }: AgentsSettings,
  endpoint: string,
  instances: LookContext['instances'],
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
): Promise<AgentSource | Look> {
  const outcome = await exchange({ method: 'GET', url, headers, timeoutMs, signal, fresh: true });
  const labelled = (look: Look): Look => ({ ...look, saw: `${label}${look.saw}` });
  const answered = answerOf(outcome);
  if ('look' in answered) return labelled(answered.look);
  const later = comeBackLater(answered.answer);
  if (later) return labelled(later);
  const json = jsonOf(answered.answer);
  if ('look' in json) return labelled(json.look);
  const rows = readAgentRows(json.value);
  return 'problem' in rows ? labelled(bad(rows.problem)) : { id, shared, rows };
}
