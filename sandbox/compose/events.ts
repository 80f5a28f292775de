/** Something that an engine did with a container. */
export interface ContainerEvent {
  /** `create`, `start`, `die`, `destroy`, ... without what some add behind a colon. */
  readonly action: string;
  readonly container: string;
  /** Compose project and service; empty for a container that Compose did not make. */
  readonly project: string;
  readonly service: string;
  readonly image: string;
  /** Milliseconds since the epoch, to the nanosecond. */
  readonly at: number;
}

interface Line {
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
  readonly timeNano: number;
}

/** Reads what `docker events --format '{{json .}}'` prints. */
export function parseEvents(output: string): ContainerEvent[] {
  return output
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const { Action, Actor, timeNano } = JSON.parse(line) as Line;
      const { Attributes: attributes } = Actor;
      return {
        action: Action.split(':')[0] ?? Action,
        container: Actor.ID,
        project: attributes['com.docker.compose.project'] ?? '',
        service: attributes['com.docker.compose.service'] ?? '',
        image: attributes.image ?? '',
        at: timeNano / 1e6,
      };
    });
}
