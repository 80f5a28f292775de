/**
 * What is said of config that is not recorded with a proof, in the same words on every target. `name` is
 * `configmap/app-config` or `config.toml`, `who` what runs with it: `the pods`, `the container`.
 */

/**
 * Why it is not known that what runs has seen the content. Times in milliseconds since 1970.
 * @param remedy what to do, where that is not said otherwise: `restart them, and verify again`.
 */
export function notSeen(
  who: string,
  changedAt: number | undefined,
  startedAt: number | undefined,
  remedy?: string,
): string {
  if (startedAt === undefined || changedAt === undefined) {
    return `it cannot be told whether it was changed since ${who} started`;
  }
  const [changed, started] = [changedAt, startedAt].map((ms) => new Date(ms).toISOString());
  const order = changed === started ? ': within a second it cannot be told which came first' : '';
  return `it was changed at ${changed}, and ${who} started at ${started}${order}${remedy ? `; ${remedy}` : ''}`;
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
