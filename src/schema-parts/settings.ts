import type * as z from 'zod';

/** What a schema gives, as whoever reads it has it: nobody writes into settings. */
export type SettingsFrom<Schema extends z.ZodType> = Unwritable<z.output<Schema>>;

type Unwritable<T> = T extends readonly (infer Item)[]
  ? readonly Unwritable<Item>[]
  : T extends object
    ? { readonly [K in keyof T]: Unwritable<T[K]> }
    : T;
