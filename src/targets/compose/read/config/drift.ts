import { notRecorded } from '../../../evidence/config-words.ts';
import type { ResolvedService } from '../../engine/command/resolved-service.ts';
import type { Container } from '../../engine/objects/containers.ts';
import type { Unseen } from './unseen.ts';

/**
 * What the files say by now and the container was not started with: edited since, and never brought up. What is proved
 * of the container is then no proof of the files. Names of variables and files, no values. Pure.
 */
export function driftOf(
  unseen: readonly Unseen[],
  container: Container,
  resolved: ResolvedService,
): readonly string[] {
  const changed = Object.entries(resolved.environment)
    .filter(([name, value]) => container.environment[name] !== value)
    .map(([name]) => name);
  const variables =
    changed.length > 0
      ? [
          `the container was started with other values of ${changed.slice(0, 8).join(', ')}${changed.length > 8 ? ', …' : ''}`,
        ]
      : [];
  return [...variables, ...unseen.flatMap(({ name, says }) => (says ? notRecorded(name, says) : []))];
}
