import type { Behaviour } from './behaviour.ts';

type AgentHealth = 'healthy' | 'degraded' | 'unhealthy';

/** One row as a behaviour writes it; times are relative to the moment of the answer. */
export interface AgentPlay {
  readonly id: string;
  readonly health: AgentHealth;
  readonly failures?: number;
  readonly circuitOpenInMs?: number;
}

interface Row {
  health: AgentHealth;
  failures: number;
  lastFailure?: number;
  lastSuccess?: number;
  circuitOpenUntil?: number;
}

/** RFC 3339 with nanoseconds and `+00:00`, as the service prints it. */
function timestamp(at: number | undefined): string | null {
  if (at === undefined) return null;
  const nanos = String(Math.floor(Math.random() * 1e6)).padStart(6, '0');
  return new Date(at).toISOString().replace('Z', `${nanos}+00:00`);
}

/** The agent health table and its circuit breakers (service contract, 5.3). */
export class AgentTable {
  readonly #rows = new Map<string, Row>();
  #asked = 0;

  /** True while the circuit is open: the planner refuses without a call. */
  isOpen(agent: string): boolean {
    const until = this.#rows.get(agent)?.circuitOpenUntil;
    return until !== undefined && until > Date.now();
  }

  succeeded(agent: string): void {
    this.#rows.set(agent, { health: 'healthy', failures: 0, lastSuccess: Date.now() });
  }

  failed(agent: string, settings: Behaviour['agents']): void {
    const before = this.#rows.get(agent);
    const failures = (before?.failures ?? 0) + 1;
    const open = failures >= settings.failureThreshold;
    this.#rows.set(agent, {
      health: open ? 'unhealthy' : 'degraded',
      failures,
      lastFailure: Date.now(),
      ...(before?.lastSuccess === undefined ? {} : { lastSuccess: before.lastSuccess }),
      ...(open ? { circuitOpenUntil: Date.now() + settings.cooldownMs } : {}),
    });
  }

  /** The body of `/api/v1/agents`. */
  answer(settings: Behaviour['agents']): string {
    const rows = settings.responses ? this.#played(settings.responses) : [...this.#rows];
    return JSON.stringify(
      rows.map(([id, row]) => ({
        agent_id: id,
        health: row.health,
        consecutive_failures: row.failures,
        last_failure_at: timestamp(row.lastFailure),
        last_success_at: timestamp(row.lastSuccess),
        circuit_open_until: timestamp(row.circuitOpenUntil),
      })),
    );
  }

  /** A new behaviour starts with its first response again. */
  rewind(): void {
    this.#asked = 0;
  }

  #played(responses: readonly (readonly AgentPlay[])[]): [string, Row][] {
    const rows = responses[Math.min(this.#asked, responses.length - 1)] ?? [];
    this.#asked += 1;
    const now = Date.now();
    return rows.map((play) => [
      play.id,
      {
        health: play.health,
        failures: play.failures ?? 0,
        ...(play.health === 'healthy' ? { lastSuccess: now } : { lastFailure: now }),
        ...(play.circuitOpenInMs === undefined ? {} : { circuitOpenUntil: now + play.circuitOpenInMs }),
      },
    ]);
  }
}
