/** A value that survives JSON unchanged: what may go into history, evidence and records. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** An ISO 8601 instant in UTC, for example `2026-11-23T03:00:00.000Z`. */
export type Instant = string;
