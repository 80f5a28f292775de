import { STEP_IDS, type StepId } from '../../../src/domain/steps/steps.ts';

/** Something that is killed while a step is under way. */
export interface Kill<V> {
  readonly victim: V;
  readonly step: StepId;
}

/**
 * Spreads kills over rollbacks, in each of them in the order of the steps.
 * @param steps the steps that last long enough for a kill, the ones to be taken first in front; one that is named twice
 *   lasts long enough for two.
 * @param wanted the step in which a kill hurts most, by the victim's name; the others take what is free.
 */
export function schedule<V extends { readonly name: string }>(
  victims: readonly V[],
  steps: readonly StepId[],
  wanted: Readonly<Record<string, StepId>>,
): readonly (readonly Kill<V>[])[] {
  // By the place in `steps`.
  const rounds: Map<number, V>[] = [];
  const inRun = (place: number) => STEP_IDS.indexOf(steps[place] as StepId);
  const order = [...steps.keys()].sort((one, other) => inRun(one) - inRun(other));
  const put = (victim: V, step?: StepId) => {
    const places = [...steps.keys()].filter((place) => step === undefined || steps[place] === step);
    const free = (round: Map<number, V>) => places.find((place) => !round.has(place));
    let round = rounds.find((one) => free(one) !== undefined);
    if (!round) {
      round = new Map();
      rounds.push(round);
    }
    round.set(free(round) as number, victim);
  };
  for (const victim of victims.filter(({ name }) => wanted[name])) put(victim, wanted[victim.name]);
  for (const victim of victims.filter(({ name }) => !wanted[name])) put(victim);
  return rounds.map((round) =>
    order.flatMap((place) => {
      const victim = round.get(place);
      return victim ? [{ victim, step: steps[place] as StepId }] : [];
    }),
  );
}
