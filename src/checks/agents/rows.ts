import { asObject } from '../http/json.ts';

/** One row of GET /api/v1/agents, as far as it is judged (service contract, 5.1). */
export interface AgentRow {
  readonly agent: string;
  readonly health: 'healthy' | 'degraded' | 'unhealthy';
  /** Final failures since the last success. */
  readonly failures: number;
  /** Open until then, in milliseconds since 1970; none for a closed circuit or an unreadable time (service contract, 5.3). */
  readonly openUntil?: number;
}

const HEALTH = ['healthy', 'degraded', 'unhealthy'] as const;

/** Reads the body of an agents answer, or says what is wrong with it. An empty list is valid. */
export function readAgentRows(body: unknown): readonly AgentRow[] | { readonly problem: string } {
  if (!Array.isArray(body)) return { problem: 'not a list of agents' };
  const rows: AgentRow[] = [];
  for (const item of body) {
    const row = readRow(asObject(item) ?? {});
    if (!row) return { problem: 'a row is no agent' };
    rows.push(row);
  }
  return rows;
}

function readRow(row: Readonly<Record<string, unknown>>): AgentRow | undefined {
  const { agent_id: agent, consecutive_failures: failures, circuit_open_until: until } = row;
  const health = HEALTH.find((known) => known === row.health);
  if (typeof agent !== 'string' || agent === '' || !health) return undefined;
  if (typeof failures !== 'number' || !Number.isInteger(failures) || failures < 0) return undefined;
  const openUntil = typeof until === 'string' ? Date.parse(until) : Number.NaN;
  return { agent, health, failures, ...(Number.isNaN(openUntil) ? {} : { openUntil }) };
}
