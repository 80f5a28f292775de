import type { AgentsSettings } from '../domain/profile.ts';
import type { AgentRow } from './agent-rows.ts';
import type { Look } from './check.ts';
import { bad, good, unclear } from './looks.ts';

/** The rows of one source: an instance, or the service's endpoint. */
export interface AgentSource {
  /** Identity over looks. */
  readonly id: string;
  readonly rows: readonly AgentRow[];
}

/** The agents that the contract names (section 3.1). Others are ignored unless they are expected. */
const KNOWN_AGENTS = ['llm_router_agent', 'git_agent', 'obsidian_agent'];

/** Agents kept in the evidence. */
const KEPT = 8;

type Judged = { readonly state: 'well' | 'wrong' | 'open' | 'stale' | 'unsure'; readonly saw: string };

/**
 * The pass rule of runbook section 6.3 (service contract, section 3.5): each agent healthy, or degraded with
 * failures that do not rise; no circuit open. An agent left unhealthy with a past deadline is noted only: its row
 * moves on traffic alone. Of several sources the worst counts.
 */
export class AgentJudge {
  readonly #settings: Pick<AgentsSettings, 'expected' | 'onMissing' | 'needed'>;
  /** Most failures seen so far, by source and agent: two instances behind one address do not look like a rise. */
  readonly #most = new Map<string, number>();

  constructor(settings: Pick<AgentsSettings, 'expected' | 'onMissing' | 'needed'>) {
    this.#settings = settings;
  }

  /** Judges one look. `now` is in milliseconds since 1970. */
  judge(sources: readonly AgentSource[], now: number): Look {
    const notes: string[] = [];
    const judged: Judged[] = [];
    for (const { id, rows } of sources) {
      for (const row of rows) {
        if (this.#isKnown(row.agent)) judged.push(this.#judgeRow(`${id} ${row.agent}`, row, now));
        else notes.push(`${row.agent} is unknown, ignored`);
      }
    }
    const values = valuesOf(sources.flatMap(({ rows }) => rows).filter(({ agent }) => this.#isKnown(agent)));
    const of = (...states: readonly Judged['state'][]) =>
      judged.filter(({ state }) => states.includes(state)).map(({ saw }) => saw);
    const missing = this.#missing(sources);
    const wrong = of('wrong', 'open');
    if (wrong.length > 0) return bad(unique(wrong), values);
    if (missing && this.#settings.onMissing === 'fail') return bad(missing, values);
    if (missing && this.#settings.onMissing === 'inconclusive') return unclear(missing, { values });
    const unsure = of('unsure');
    if (unsure.length > 0) return unclear(unique(unsure), { values });
    return good(unique([...of('well'), ...of('stale'), ...(missing ? [missing] : []), ...notes]), values);
  }

  #isKnown(agent: string): boolean {
    return KNOWN_AGENTS.includes(agent) || this.#settings.expected.includes(agent);
  }

  #judgeRow(key: string, row: AgentRow, now: number): Judged {
    const { agent, health, failures, openUntil } = row;
    const most = this.#most.get(key);
    this.#most.set(key, Math.max(most ?? 0, failures));
    if (health === 'healthy') return { state: 'well', saw: `${agent} healthy` };
    if (health === 'degraded') {
      if (most !== undefined && failures > most) {
        return { state: 'wrong', saw: `${agent} degraded, failures rising from ${most} to ${failures}` };
      }
      const saw = `${agent} degraded with ${failures} failures`;
      // Whether they rise only a second look can show; where one is asked for, the first cannot decide.
      if (most === undefined && this.#settings.needed < 2)
        return { state: 'unsure', saw: `${saw}, seen once` };
      return { state: 'well', saw: most === undefined ? saw : `${saw}, not rising` };
    }
    if (openUntil !== undefined && openUntil > now) {
      return {
        state: 'open',
        saw: `${agent} unhealthy, circuit open for ${seconds(openUntil - now)} s more`,
      };
    }
    return {
      state: 'stale',
      saw: `${agent} unhealthy since before, its circuit is closed again: waits for traffic`,
    };
  }

  #missing(sources: readonly AgentSource[]): string | undefined {
    const seen = new Set(sources.flatMap(({ rows }) => rows.map(({ agent }) => agent)));
    if (seen.size === 0) return 'no agent has worked yet: the list is empty';
    const missing = this.#settings.expected.filter((agent) => !seen.has(agent));
    return missing.length === 0 ? undefined : `${missing.join(', ')} missing: has not worked yet`;
  }
}

function seconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000));
}

function unique(lines: readonly string[]): string {
  return [...new Set(lines)].join('; ');
}

const ORDER: readonly AgentRow['health'][] = ['healthy', 'degraded', 'unhealthy'];

/** The worst state of each agent with its failures: `{ llm_router_agent: "degraded 2" }`. */
function valuesOf(rows: readonly AgentRow[]): Readonly<Record<string, string>> {
  const worstFirst = [...rows].sort(
    (a, b) => ORDER.indexOf(b.health) - ORDER.indexOf(a.health) || b.failures - a.failures,
  );
  const worst = new Map<string, string>();
  for (const { agent, health, failures } of worstFirst) {
    if (!worst.has(agent) && worst.size < KEPT) worst.set(agent, `${health} ${failures}`);
  }
  return Object.fromEntries([...worst].sort(([a], [b]) => a.localeCompare(b)));
}
