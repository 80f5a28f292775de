import type { StepId } from '../../../src/domain/steps.ts';

/** Something that is killed while a step is under way. */
export interface Kill<V> {
  readonly victim: V;
  readonly step: StepId;
}

/**
 * Spreads kills over rollbacks: one a step and rollback, in the order of the steps.
 * @param steps the steps that last long enough.
 * @param wanted the step in which a kill hurts most, by the victim's name; the others take what is free.
 */
export function schedule<V extends { readonly name: string }>(
  victims: readonly V[],
  steps: readonly StepId[],
  wanted: Readonly<Record<string, StepId>>,
): readonly (readonly Kill<V>[])[] {
  const rounds: Map<StepId, V>[] = [];
  const place = (victim: V, possible: readonly StepId[]) => {
    const isFree = (round: Map<StepId, V>) => possible.find((step) => !round.has(step));
    let round = rounds.find(isFree);
    if (!round) {
      round = new Map();
      rounds.push(round);
    }
    round.set(isFree(round) as StepId, victim);
  };
  for (const victim of victims.filter(({ name }) => wanted[name]))
    place(victim, [wanted[victim.name] as StepId]);
  for (const victim of victims.filter(({ name }) => !wanted[name])) place(victim, steps);
  return rounds.map((round) =>
    steps.flatMap((step) => {
      const victim = round.get(step);
      return victim ? [{ victim, step }] : [];
    }),
  );
}
