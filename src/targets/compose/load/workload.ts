import type { ComposeProfile } from '../../../domain/request/profile.ts';

/** For people. */
export function workloadOf({ service, directory }: ComposeProfile, project?: string): string {
  return `service/${service} of ${project ? `project ${project} in ` : ''}${directory}`;
}
