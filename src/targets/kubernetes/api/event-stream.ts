import type { ObjectMeta } from './resources.ts';

/** One line of a watch (Kubernetes API concepts, efficient detection of changes). */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: { readonly metadata: ObjectMeta; readonly code?: number; readonly message?: string };
}

/** Longest event that is read, in bytes. */
const EVENT_LIMIT = 8 * 1024 * 1024;

/** Splits the body of a watch into events. A line that is no JSON ends the stream with an error. */
export async function* eventsOf(body: AsyncIterable<Buffer>): AsyncGenerator<WatchEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > EVENT_LIMIT) throw new Error(`a watch event is larger than ${EVENT_LIMIT} bytes`);
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line) as WatchEvent;
  }
}
