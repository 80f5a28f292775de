import type { ReadFile, Setting } from '../setting.ts';

/** A variable of the container, from wherever it comes. */
export interface Variable {
  /** Its value; none where it is there and was not read. */
  readonly value?: string;
  /** Whether it comes from a Secret: its value is never shown. */
  readonly secret: boolean;
}

/** The environment that the container will have. */
export interface ContainerEnvironment {
  readonly variables: ReadonlyMap<string, Variable>;
  /**
   * False where a source of variables could not be read: a ConfigMap or Secret of `envFrom`, an env file. What is not here is
   * then not known to be missing. Those of the image need not be here: no image holds keys, and `APP_ENV` is asked for as such.
   */
  readonly complete: boolean;
}

/** By this object rules mean the environment. */
export const ENVIRONMENT = 'environment';

/** The environment as files, so that rules can be about it too. */
export function environmentFiles({ variables }: ContainerEnvironment): readonly ReadFile[] {
  return [false, true].map((secret): ReadFile => {
    const settings = [...variables].filter(([, variable]) => variable.secret === secret).map(settingOf);
    return { object: ENVIRONMENT, key: '', secret, format: 'env file', settings };
  });
}

function settingOf([name, { value }]: readonly [string, Variable]): Setting {
  return value === undefined
    ? { path: [name], kind: 'unknown', value: '' }
    : { path: [name], kind: 'text', value };
}
