import type { ProjectChange } from '../../../../src/targets/compose/state/project-change.ts';
import { minute, printOf } from './surroundings.ts';

/** A change as it is begun. */
export function projectChange(change: Partial<ProjectChange> = {}): ProjectChange {
  const side = (number: number) => ({
    version: `${number}`,
    image: `app:${number}`,
    fingerprint: printOf(number),
  });
  return {
    id: 'change-1',
    phase: 'replacing',
    startedAt: minute(0),
    by: 'rollback-app/roll-back',
    from: side(2),
    to: side(1),
    files: [],
    containers: 1,
    containerIds: ['container-before'],
    imageInFiles: 'repo/app:v2',
    ...change,
  };
}
