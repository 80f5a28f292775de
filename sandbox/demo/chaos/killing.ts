import type { Client } from '@temporalio/client';
import type { StepId } from '../../../src/domain/steps/steps.ts';
import { stepUnderWay } from '../../worker-program.ts';
import { say } from '../story.ts';
import type { Kill } from './schedule.ts';
import type { Victim } from './victims.ts';

/** A process that was killed in the middle of a step. */
export interface Killed {
  readonly name: string;
  readonly pid: number;
  readonly step: StepId;
}

/** A step that is killed in comes sooner, or the run has failed. */
const WITHIN_MS = 120_000;

/**
 * Kills one process after the other, each while its step of the run is under way, and waits until it is back.
 * @param ended aborts when the run has ended: what was not killed by then is not killed.
 */
export async function killInTurn(
  client: Client,
  workflowId: string,
  kills: readonly Kill<Victim>[],
  ended: AbortSignal,
): Promise<readonly Killed[]> {
  const killed: Killed[] = [];
  for (const { victim, step } of kills) {
    const { name } = victim;
    const underWay = () =>
      stepUnderWay(client, workflowId, step, { signal: ended, withinMs: WITHIN_MS, everyMs: 20 });
    try {
      await underWay();
      const pid = await victim.pid();
      // Asking for the number took a moment, in which the step may have ended.
      await underWay();
      say(`   kill -9 ${name} (pid ${pid}) while ${step} is under way`);
      await victim.kill(pid);
      killed.push({ name, pid, step });
      const began = Date.now();
      const now = await victim.back(pid);
      say(
        `   ${name} is back (pid ${now}) after ${((Date.now() - began) / 1000).toFixed(1)} s: ${victim.by}`,
      );
    } catch (error) {
      if (!ended.aborted) throw error;
      say(`   ${name} was not killed: the run ended before ${step} was under way`);
    }
  }
  return killed;
}
