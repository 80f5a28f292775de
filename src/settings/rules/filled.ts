import type { Masker } from '../../domain/masking/mask-value.ts';
import { placeholderIn } from '../../secrets/placeholders.ts';
import type { ContainerEnvironment } from './environment.ts';
import type { Fault } from './fault.ts';

/** `{{NAME}}` and `${NAME}`, which some programs fill from their environment (service contract, 7.2). */
const VARIABLE = /(?<!\{)\{\{\s{0,20}([A-Za-z_]\w{0,200})\s{0,20}\}\}(?!\})|\$\{([A-Za-z_]\w{0,200})\}/g;
/** `<your key>` */
const IN_BRACKETS = /^<[^<>]+>$/;

/** Whether `{{NAME}}` in a value is filled by the program when it starts, or stays as it is. */
export type Filling = 'from-environment' | 'as-written';

/** What is known of the surroundings of a value. */
export interface Surroundings {
  readonly environment: ContainerEnvironment;
  readonly masker: Masker;
  /** Expressions that took too long once, and are not tried again. */
  readonly slow: Set<string>;
}

/** Why a value is none: it is empty, or it waits for somebody to fill it in. */
export function unfilled(value: string, filling: Filling, around: Surroundings): Fault | undefined {
  if (value.trim() === '') return { says: 'is empty' };
  const names = filling === 'from-environment' ? variablesIn(value) : [];
  const rest = filling === 'from-environment' ? value.replaceAll(VARIABLE, 'x') : value;
  const placeholder = placeholderIn(rest) ?? (IN_BRACKETS.test(rest.trim()) ? 'a placeholder' : undefined);
  if (placeholder) return { says: `is ${placeholder}` };
  return firstCertain(names.map((name) => unsetVariable(name, around)));
}

/** Why a variable of the container has no value. */
export function unsetVariable(name: string, { environment, masker }: Surroundings): Fault | undefined {
  const shown = isVariableName(name) && masker.value('', name) === name ? ` ${name}` : '';
  const variable = environment.variables.get(name);
  if (!variable) {
    return environment.complete
      ? { says: `needs the variable${shown}, which the container does not have` }
      : {
          says: `needs the variable${shown}, of which is not known whether the container has it`,
          uncertain: true,
        };
  }
  const { value } = variable;
  if (value === undefined) return undefined;
  if (value.trim() === '') return { says: `needs the variable${shown}, which is empty` };
  const isPlaceholder = placeholderIn(value) !== undefined || IN_BRACKETS.test(value.trim());
  return isPlaceholder ? { says: `needs the variable${shown}, which is a placeholder` } : undefined;
}

/** A value as the program has it once its variables are filled in; nothing where one is not known. */
export function filledIn(value: string, { environment }: Surroundings): string | undefined {
  const names = variablesIn(value);
  if (names.some((name) => environment.variables.get(name)?.value === undefined)) return undefined;
  return value.replaceAll(
    VARIABLE,
    (_, braces: string | undefined, dollar: string | undefined) =>
      environment.variables.get(braces ?? dollar ?? '')?.value ?? '',
  );
}

/** A name that may be shown: a key that stands where the name of its variable belongs has other signs, mostly. */
function isVariableName(name: string): boolean {
  return /^[A-Z][A-Z0-9_]{0,99}$/.test(name);
}

function variablesIn(value: string): readonly string[] {
  return [...value.matchAll(VARIABLE)].map(([, braces, dollar]) => braces ?? dollar ?? '');
}

function firstCertain(faults: readonly (Fault | undefined)[]): Fault | undefined {
  return faults.find((fault) => fault && !fault.uncertain) ?? faults.find(Boolean);
}
