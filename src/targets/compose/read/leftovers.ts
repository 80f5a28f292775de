import { COMPOSE_LABEL } from '../engine/objects/compose-labels.ts';
import type { Container } from '../engine/objects/containers.ts';

type Numbered = Pick<Container, 'name' | 'labels' | 'status'>;

/**
 * How Compose calls a container that is to take another one's place, by the first digits of that one's ID, until it has
 * removed it: `3bf25f35a7cc_shop-app-1`. The old program gives the old one such a name.
 */
const REPLACING = /^[0-9a-f]{12}_/;

/**
 * Containers that Compose has left beside the one whose number they have, because it was ended while it replaced one by
 * the other. The next `up` of the service removes what is too much. Pure.
 */
export function leftoversOf<C extends Numbered>(containers: readonly C[]): readonly C[] {
  return containers.filter(
    (one) =>
      REPLACING.test(one.name) && containers.some((other) => other !== one && isSameInstance(one, other)),
  );
}

/**
 * IDs of the running containers that a leftover was to replace: the engine may be about to stop them, and goes on with it
 * though the Compose that has asked for it is gone. Pure.
 */
export function toBeReplaced(
  containers: readonly (Numbered & Pick<Container, 'id' | 'running'>)[],
): readonly string[] {
  const left = leftoversOf(containers);
  return containers
    .filter((one) => one.running && !left.includes(one) && left.some((other) => isSameInstance(one, other)))
    .map(({ id }) => id);
}

/** How many containers the service is scaled to: what was broken off makes none more. Pure. */
export function instanceCount(containers: readonly Numbered[]): number {
  return containers.length - leftoversOf(containers).length;
}

/** Without those that Compose has made, never started, and left behind: they are not waited for. Pure. */
export function withoutLeftBehind<C extends Numbered>(containers: readonly C[]): readonly C[] {
  const left = leftoversOf(containers).filter(({ status }) => status === 'created');
  return containers.filter((one) => !left.includes(one));
}

/** Whether Compose was ended while it replaced a container: with both still there, or the new one never started. Pure. */
export function isBrokenOff(containers: readonly (Numbered & Pick<Container, 'error'>)[]): boolean {
  if (leftoversOf(containers).length > 0) return true;
  return (
    containers.length > 0 && containers.every(({ status, error }) => status === 'created' && error === '')
  );
}

function isSameInstance(a: Numbered, b: Numbered): boolean {
  const number = a.labels[COMPOSE_LABEL.number];
  return number !== undefined && number === b.labels[COMPOSE_LABEL.number];
}
