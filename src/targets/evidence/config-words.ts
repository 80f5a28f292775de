/**
 * What is said of config that is not recorded with a proof, in the same words on every target. `name` is
 * `configmap/app-config` or `config.toml`, `who` what runs with it: `the pods`, `the container`.
 */

/** What is added to why config is not recorded. */
interface NotSeen {
  /** Who has changed it last, where that is known. */
  readonly by?: string;
  /** What to do, where that is not said otherwise: `restart them, and verify again`. */
  readonly remedy?: string;
}

/** Why it is not known that what runs has seen the content. Times in milliseconds since 1970. */
export function notSeen(
  who: string,
  changedAt: number | undefined,
  startedAt: number | undefined,
  { by, remedy }: NotSeen = {},
): string {
  if (startedAt === undefined || changedAt === undefined) {
    return `it cannot be told whether it was changed since ${who} started`;
  }
  const [changed, started] = [changedAt, startedAt].map((ms) => new Date(ms).toISOString());
  const order = changed === started ? ': within a second it cannot be told which came first' : '';
  const writer = by ? `, last by ${by}` : '';
  return `it was changed at ${changed}${writer}, and ${who} started at ${started}${order}${remedy ? `; ${remedy}` : ''}`;
}

export function notRecorded(name: string, why: string): string {
  return `${name} is not recorded as proved: ${why}`;
}

export function notReadable(name: string): string {
  return `${name} may not be read: what it holds is not recorded`;
}

/** The content of it does not come back. */
export function withoutCopy(name: string, why: string): string {
  return `${name} is recorded without a copy of its content: ${why}`;
}
