import { type OwnPlans, provingPlans } from '../../domain/proof/checks.ts';
import type { ProbeContext, ProbeResult } from '../check.ts';
import { bad, good, idle, unclear } from '../probe-results.ts';
import type { AgentRow } from './rows.ts';
import type { AgentsSettings } from './settings.ts';

/** The rows of one source: an instance, or the service's endpoint. */
export interface AgentSource {
  /** Identity over probes. */
  readonly id: string;
  /** True for the service's endpoint: behind it different instances may answer, each with its own rows. */
  readonly shared: boolean;
  readonly rows: readonly AgentRow[];
}

/** The agents that the service has (service contract, 5.1). Others are ignored unless they are expected. */
const KNOWN_AGENTS = ['llm_router_agent', 'git_agent', 'obsidian_agent'];

/** Whether an agent is one of the service's, or one that the profile expects. */
export function isKnownAgent(agent: string, expected: readonly string[]): boolean {
  return KNOWN_AGENTS.includes(agent) || expected.includes(agent);
}

/** So often the shared endpoint has to give an empty list: another instance may be the one that has worked. */
const SHARED_EMPTY = 8;

/** Agents kept in the evidence. */
const KEPT = 8;

/** What is known beside the rows. */
export interface AgentCircumstances {
  /** False when a source gave no rows: then nobody knows which agents are missing. Default: true. */
  readonly complete?: boolean;
  readonly baseline?: ProbeContext['baseline'] | undefined;
  /** What our own smoke messages have moved. */
  readonly ownPlans?: OwnPlans | undefined;
}

type Judged = { readonly state: 'well' | 'wrong' | 'open' | 'stale' | 'unsure'; readonly observed: string };

/**
 * The pass rule of runbook 6.3 (service contract, 5.5): each agent healthy, or degraded with
 * failures that do not rise; no circuit open. An agent left unhealthy with a past deadline is noted only: its row
 * moves on traffic alone. Of several sources the worst counts.
 *
 * What our own messages have moved proves nothing where each of them has failed: then an agent that is not healthy leaves
 * the question open.
 *
 * An instance is compared with its own last probe. Behind the shared endpoint two instances take turns, which must
 * not look like a rise: there the most failures seen so far are what a rise begins at.
 */
export class AgentJudge {
  readonly #settings: Pick<AgentsSettings, 'expected' | 'onMissing' | 'needed'>;
  /** What the failures are compared with, by source and agent. */
  readonly #before = new Map<string, number>();
  #probes = 0;
  /** Our own smoke messages, where each of them has failed. */
  #failedMessages = 0;
  /** Probes that found an empty list. */
  #empty = 0;

  constructor(settings: Pick<AgentsSettings, 'expected' | 'onMissing' | 'needed'>) {
    this.#settings = settings;
  }

  /**
   * Judges one probe.
   *
   * @param now the present, in milliseconds since 1970
   */
  judge(
    sources: readonly AgentSource[],
    now: number,
    { complete = true, baseline, ownPlans }: AgentCircumstances = {},
  ): ProbeResult {
    if (sources.length > 0) this.#probes += 1;
    this.#failedMessages = ownPlans && provingPlans(ownPlans) === 0 ? ownPlans.started : 0;
    const notes: string[] = [];
    const judged: Judged[] = [];
    for (const source of sources) {
      for (const row of source.rows) {
        if (this.#isKnown(row.agent)) judged.push(this.#judgeRow(source, row, now));
        else notes.push(`${row.agent} is unknown, ignored`);
      }
    }
    const values = valuesOf(sources.flatMap(({ rows }) => rows).filter(({ agent }) => this.#isKnown(agent)));
    const of = (...states: readonly Judged['state'][]) =>
      judged.filter(({ state }) => states.includes(state)).map(({ observed }) => observed);
    const missing = complete ? this.#missing(sources) : undefined;
    const wrong = of('wrong', 'open');
    if (wrong.length > 0) return bad(unique(wrong), values);
    const isEmpty = complete && sources.every(({ rows }) => rows.length === 0);
    const gone = isEmpty ? this.#gone(baseline) : undefined;
    if (gone) return bad(gone, values);
    if (missing && this.#settings.onMissing === 'fail') return bad(missing, values);
    if (missing && isEmpty && this.#isNothingExpected()) {
      this.#empty += 1;
      const isOften = sources.every(({ shared }) => !shared) || this.#empty >= SHARED_EMPTY;
      return isOften
        ? idle('the list of agents is empty, and none is expected (checks.agents.expected)')
        : unclear(missing, { values });
    }
    if (missing && this.#settings.onMissing === 'inconclusive') return unclear(missing, { values });
    const unsure = of('unsure');
    // Only traffic of others could move it any more: it had the probes that a proof takes.
    const onlyOurs = this.#failedMessages > 0;
    const final = onlyOurs && this.#probes > this.#settings.needed;
    if (unsure.length > 0)
      return unclear(unique(unsure), {
        values,
        ...(onlyOurs ? { onlyOurs } : {}),
        ...(final ? { final } : {}),
      });
    return good(unique([...of('well'), ...of('stale'), ...(missing ? [missing] : []), ...notes]), values);
  }

  #isKnown(agent: string): boolean {
    return isKnownAgent(agent, this.#settings.expected);
  }

  #judgeRow({ id, shared }: AgentSource, row: AgentRow, now: number): Judged {
    const { agent, health, failures, openUntil } = row;
    const key = `${id} ${agent}`;
    const before = this.#before.get(key);
    this.#before.set(key, shared ? Math.max(before ?? 0, failures) : failures);
    if (health === 'healthy') return { state: 'well', observed: `${agent} healthy` };
    if (openUntil !== undefined && openUntil > now && health === 'unhealthy') {
      const seconds = Math.max(1, Math.ceil((openUntil - now) / 1000));
      return { state: 'open', observed: `${agent} unhealthy, circuit open for ${seconds} s more` };
    }
    if (before !== undefined && failures > before) {
      return {
        state: 'wrong',
        observed: `${agent} ${health}, failures rising from ${before} to ${failures}`,
      };
    }
    const degraded = health === 'degraded';
    if (this.#failedMessages > 0) {
      const ours =
        this.#failedMessages === 1 ? 'our own message has' : `our own ${this.#failedMessages} messages have`;
      return {
        state: 'unsure',
        observed: `${agent} ${health} with ${failures} failures: ${ours} failed, and what they moved proves nothing`,
      };
    }
    const observed = degraded
      ? `${agent} degraded with ${failures} failures`
      : `${agent} unhealthy since before, its circuit is closed again: waits for traffic`;
    // Whether failures rise only the next probe can show. The first probe leaves that to it where one is asked for.
    const comparedLater = this.#probes === 1 && (this.#settings.needed > 1 || !degraded);
    if (before === undefined && !comparedLater)
      return { state: 'unsure', observed: `${observed}, seen once` };
    if (!degraded) return { state: 'stale', observed };
    return { state: 'well', observed: before === undefined ? observed : `${observed}, not rising` };
  }

  /** An empty list of a service that nobody has ever seen list one: there is nothing to look at. */
  #isNothingExpected(): boolean {
    const { expected, onMissing } = this.#settings;
    return expected.length === 0 && onMissing === 'inconclusive';
  }

  /** What was listed when the evidence was recorded, and is not listed any more, where nothing is listed at all. */
  #gone(baseline: ProbeContext['baseline']): string | undefined {
    const listed = baseline?.verdict === 'passed' ? Object.keys(baseline.values) : [];
    if (listed.length === 0 || this.#settings.onMissing === 'ignore') return undefined;
    return `the list of agents is empty, and ${listed.join(', ')} stood in it on the known-good version`;
  }

  #missing(sources: readonly AgentSource[]): string | undefined {
    const seen = new Set(sources.flatMap(({ rows }) => rows.map(({ agent }) => agent)));
    if (seen.size === 0) return 'no agent has worked yet: the list is empty';
    const missing = this.#settings.expected.filter((agent) => !seen.has(agent));
    return missing.length === 0 ? undefined : `${missing.join(', ')} missing: has not worked yet`;
  }
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
