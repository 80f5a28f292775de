/** A resolved value of a compose file. */
export type Value = string | number | boolean | null | Marked | readonly Value[] | Mapping;

export interface Mapping {
  readonly [key: string]: Value;
}

/** A value with Compose's `!reset` (takes away what earlier files say) or `!override` (replaces it whole). */
export class Marked {
  readonly mark: 'reset' | 'override';
  readonly value: Value;

  constructor(mark: Marked['mark'], value: Value) {
    this.mark = mark;
    this.value = value;
  }
}

/** True for mappings; sequences and marked values are none. */
export function isMapping(value: Value | undefined): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Marked);
}

/** True for sequences. */
export function isSequence(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value);
}

/** A value as a list: a sequence as it is, nothing as an empty one. */
export function asList(value: Value | undefined): readonly Value[] {
  if (value === undefined || value === null) return [];
  return isSequence(value) ? value : [value];
}

/** Changes a value and keeps its mark. */
export function withinMark(value: Value, change: (inner: Value) => Value): Value {
  return value instanceof Marked ? new Marked(value.mark, change(value.value)) : change(value);
}

/** Takes the marks away once everything is merged. */
export function unmarked(value: Value): Value {
  if (value instanceof Marked) return value.mark === 'reset' ? null : unmarked(value.value);
  if (isSequence(value)) return value.map(unmarked);
  if (!isMapping(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => !(member instanceof Marked && member.mark === 'reset'))
      .map(([key, member]) => [key, unmarked(member)]),
  );
}
