import type { ContainerEnvironment, Variable } from '../../src/settings/rules/environment.ts';

/** An environment of which all is known; `null` is a variable whose value is not. */
export function environmentOf(values: Readonly<Record<string, string | null>> = {}): ContainerEnvironment {
  const variables = Object.entries(values).map(([name, value]): [string, Variable] => [
    name,
    value === null ? { secret: true } : { value, secret: false },
  ]);
  return { variables: new Map(variables), complete: true };
}
