import { DefaultPayloadConverter, type Payload } from '@temporalio/common';
import { unreadableInput } from '../domain/request/unreadable-input.ts';

/** The longest request is smaller; a larger one would be copied through the whole history. In bytes. */
const INPUT_LIMIT = 256 * 1024;

/** A request is two levels deep. JSON can be read to a depth at which it cannot be written any more. */
const DEPTH_LIMIT = 32;

type FromPayload = DefaultPayloadConverter['fromPayload'];

/**
 * Reads what reaches a workflow from outside. An input that cannot be read would fail the workflow task before any
 * code of the runbook runs, again and again, and nobody would be told: it becomes an `UnreadableInput` instead, which the
 * first step refuses. Results of activities are our own: there an unreadable one is a fault of the worker, and the task
 * waits for a worker that can read it.
 */
class InputConverter extends DefaultPayloadConverter {
  override fromPayload<T>(payload: Payload, context?: Parameters<FromPayload>[1]): T {
    if (context?.type !== 'workflow') return super.fromPayload(payload, context);
    return this.readInput(payload, context) as T;
  }

  private readInput(payload: Payload, context: Parameters<FromPayload>[1]): unknown {
    if ((payload.data?.length ?? 0) > INPUT_LIMIT) {
      return unreadableInput(`larger than ${INPUT_LIMIT / 1024} KiB`);
    }
    try {
      const value: unknown = super.fromPayload(payload, context);
      if (value instanceof Uint8Array) return unreadableInput('binary data, not JSON');
      return isDeep(value) ? unreadableInput(`nested deeper than ${DEPTH_LIMIT} levels`) : value;
    } catch {
      return unreadableInput(`not JSON${encodingOf(payload)}`);
    }
  }
}

/** Found by `payloadConverterPath` of the bundle. */
export const payloadConverter = new InputConverter();

function isDeep(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; depth <= DEPTH_LIMIT; depth += 1) {
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []));
    if (level.length === 0) return false;
  }
  return true;
}

/** The encoding where it has the form of one: it is a text from outside. */
function encodingOf({ metadata }: Payload): string {
  const encoding = String.fromCharCode(...(metadata?.encoding ?? []).slice(0, 100));
  return /^[a-z]+\/[a-z0-9.+-]{1,40}$/.test(encoding) ? ` (${encoding})` : ', and without a known encoding';
}
