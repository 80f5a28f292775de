import { isKnownAgent } from '../../checks/agents/judge.ts';
import { readAgents } from '../../checks/agents/probe.ts';
import type { AgentRow } from '../../checks/agents/rows.ts';
import type { AgentsSettings } from '../../checks/agents/settings.ts';
import type { Authorise } from '../../checks/http/auth.ts';
import type { SignalQuestion } from '../signal-source.ts';
import type { Answered } from './asked.ts';

/**
 * The share of agents that are healthy, as the agents check reads them. An empty list says nothing: an agent appears with its first
 * task (service contract, 5.2). Nor does one that is unhealthy with a closed circuit: nobody has called it since (5.3).
 */
export async function askAgents(
  settings: AgentsSettings,
  { endpoint, authorise }: { readonly endpoint: string; readonly authorise: Authorise },
  { instances, signal }: Pick<SignalQuestion, 'instances' | 'signal'>,
  at: number,
): Promise<Answered> {
  const found = await readAgents(settings, endpoint, authorise, { instances, signal });
  if (found.length === 0) return { why: 'no running instance is known' };
  const sources = found.flatMap((item) => ('rows' in item ? [item] : []));
  const problems = found.flatMap((item) => ('rows' in item ? [] : [item.observed]));
  const silent = `${problems.length} of ${found.length} did not list their agents: ${problems[0]}`;
  if (sources.length * 2 <= found.length) return { why: found.length === 1 ? `${problems[0]}` : silent };
  const rows = sources.flatMap((source) => source.rows);
  const known = rows.filter(({ agent }) => isKnownAgent(agent, settings.expected));
  const told = known.filter((row) => !isStale(row, at));
  const stale = known.length - told.length;
  const waits = `${stale} unhealthy since before with a closed circuit, not counted: nobody has called since`;
  if (told.length === 0) return { why: stale > 0 ? waits : 'no agent has worked yet: the list is empty' };
  return {
    value: told.filter(({ health }) => health === 'healthy').length / told.length,
    samples: told.length,
    notes: [...(stale > 0 ? [waits] : []), ...(problems.length > 0 ? [silent] : [])],
  };
}

function isStale({ health, openUntil }: AgentRow, at: number): boolean {
  return health === 'unhealthy' && (openUntil === undefined || openUntil <= at);
}
