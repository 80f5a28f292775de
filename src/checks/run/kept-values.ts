import type { Json } from '../../domain/json.ts';
import { oneLine } from '../../domain/redact.ts';

/** Length of a text among the values, in characters, and how many values are kept at each level. */
const VALUE_LIMIT = 300;
const VALUES_KEPT = 20;

/** Values of a probe, by name. */
export type Values = { readonly [name: string]: Json };

/** A text as the evidence keeps it: what is compared with the evidence has to be cut in the same way. */
export function keptText(text: string): string {
  return oneLine(text, VALUE_LIMIT);
}

/** Values as the evidence keeps them: few, short, without secrets, whatever a service had to say. */
export function keptValues(values: Values): Values {
  return Object.fromEntries(
    Object.entries(values)
      .slice(0, VALUES_KEPT)
      .map(([name, value]) => [keptText(name), capped(value)]),
  );
}

function capped(value: Json): Json {
  if (typeof value === 'string') return keptText(value);
  if (Array.isArray(value)) return value.slice(0, VALUES_KEPT).map(capped);
  return typeof value === 'object' && value !== null ? keptValues(value as Values) : value;
}
