import * as z from 'zod';
import { duration } from '../schema-parts/parts.ts';
import { secretReference } from '../schema-parts/secret-reference.ts';

/** The keys that every receiver has that is posted to. */
export function receiverKeys() {
  return {
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'expected lower case letters, digits and -')
      .exactOptional()
      .describe('Name of the receiver in the ledger; default: its kind, numbered from the second on.'),
    url: secretReference().describe('The address: a secret, because whoever knows it may write there.'),
    timeout: duration('100ms', '15s').prefault('10s').describe('Time-out of one message.'),
  };
}

/** Settings as the profile has them: the name of a duration says its unit. */
export function inMilliseconds<Written extends { readonly timeout: number }>({
  timeout,
  ...settings
}: Written) {
  return { ...settings, timeoutMs: timeout };
}
