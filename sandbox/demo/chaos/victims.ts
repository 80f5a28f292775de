import type { Kept } from '../../../tools/processes/index.ts';
import { type FoundProcess, lastingProcessesOf } from './processes.ts';

/** A process of the world that is killed, and somebody brings it back. */
export interface Victim {
  /** `etcd`, `container of answer-cache`; the same for all that are alike. */
  readonly name: string;
  /** Who brings it back. */
  readonly by: string;
  /** Its process number at this moment. */
  pid(): Promise<number>;
  /** `kill -9`; the process may still be ending afterwards. */
  kill(pid: number): Promise<void>;
  /** Resolves with the number of the process that took the place of the killed one. */
  back(killed: number): Promise<number>;
}

/** A process that the sandbox's supervisor brings back. */
export function keptVictim(kept: Kept): Victim {
  return {
    name: kept.name,
    by: 'its supervisor',
    pid: async () => kept.pid(),
    kill: kept.kill,
    async back() {
      await kept.start();
      return kept.pid();
    },
  };
}

/** Kills a process that somebody else than our supervisor looks after. */
export async function killProcess(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL');
}

/**
 * What is killed, derived from the processes that really run.
 * @param lookedAfter finds who brings back a process that is not kept by the sandbox's supervisor.
 * @throws Error when nobody brings a process back: it would be missing from the list.
 */
export async function victimsIn(
  folder: string,
  kept: readonly Kept[],
  lookedAfter: (found: FoundProcess) => Promise<Victim | undefined>,
): Promise<readonly Victim[]> {
  const victims = new Map<string, Victim>();
  for (const found of await lastingProcessesOf(folder)) {
    const keeper = kept.find((one) => one.pid() === found.pid);
    const victim = keeper ? keptVictim(keeper) : await lookedAfter(found);
    if (!victim)
      throw new Error(`nobody would bring back process ${found.pid} (${found.command.join(' ').trim()})`);
    if (!victims.has(victim.name)) victims.set(victim.name, victim);
  }
  return [...victims.values()];
}
