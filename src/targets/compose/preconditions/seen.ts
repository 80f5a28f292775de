import { RunbookError } from '../../../domain/errors.ts';
import type { PreconditionFinding, PreconditionId } from '../../../domain/preconditions/preconditions.ts';
import { withoutAddresses } from '../../../domain/without-addresses.ts';

/** What was read, or why it is not known. */
export type Seen<T> = { readonly is: T } | { readonly unread: string };

/** What does not answer now is not known; a bug, and a cancellation, are thrown. */
export async function seen<T>(read: () => Promise<T>): Promise<Seen<T>> {
  try {
    return { is: await read() };
  } catch (error) {
    if (!(error instanceof RunbookError)) throw error;
    return { unread: withoutAddresses(error.message) };
  }
}

export function unknown(id: PreconditionId, says: string): PreconditionFinding {
  return { id, state: 'unknown', says };
}
