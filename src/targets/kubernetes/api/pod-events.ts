import { capped } from './api-error.ts';
import type { ObjectMeta } from './resources.ts';
import type { ApiTransport } from './transport.ts';

/** An event is read again after this long, in milliseconds. */
const AGAIN_MS = 10_000;

/** Events have whole seconds. */
const SECOND_MS = 1_000;

/** Which events count. */
interface WantedEvents {
  readonly reason?: string;
  /** None that was seen last before, in milliseconds since 1970. */
  readonly since?: number;
}

interface WarningEvent {
  readonly metadata: ObjectMeta;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTimestamp?: string | null;
  readonly eventTime?: string | null;
  readonly series?: { readonly lastObservedTime?: string };
}

/**
 * What kubelet and scheduler say of a pod beside its status: mounts that fail, networks that are not made, probes. Only a
 * hint: whoever may not read events has shorter messages.
 */
export class PodEvents {
  readonly #transport: ApiTransport;
  readonly #known = new Map<string, { readonly at: number; readonly text: string }>();

  constructor(transport: ApiTransport) {
    this.#transport = transport;
  }

  /** The newest warning of a pod, or of another object, as `FailedMount: …`; empty when there is none. */
  async newestWarning(
    { metadata }: { readonly metadata: ObjectMeta },
    namespace: string,
    signal: AbortSignal,
    wanted: WantedEvents = {},
  ): Promise<string> {
    const known = this.#known.get(metadata.uid);
    if (known && performance.now() - known.at < AGAIN_MS) return known.text;
    const text = await this.#read(metadata.uid, namespace, signal, wanted);
    this.#known.set(metadata.uid, { at: performance.now(), text });
    return text;
  }

  async #read(
    uid: string,
    namespace: string,
    signal: AbortSignal,
    { reason: wanted, since = 0 }: WantedEvents,
  ): Promise<string> {
    const query = { fieldSelector: `involvedObject.uid=${uid},type=Warning` };
    try {
      const { items } = await this.#transport.list<WarningEvent>(
        { resource: 'events', namespace, query },
        signal,
      );
      // That it backs off says the status already.
      const [newest] = items
        .filter(({ reason }) => (wanted === undefined ? reason !== 'BackOff' : reason === wanted))
        .filter((event) => !(lastSeen(event) < since - SECOND_MS))
        .toSorted((a, b) => lastSeen(b) - lastSeen(a));
      return newest ? textOf(newest) : '';
    } catch (error) {
      if (signal.aborted) throw error;
      return '';
    }
  }
}

function lastSeen({ series, lastTimestamp, eventTime, metadata }: WarningEvent): number {
  return Date.parse(
    series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? '',
  );
}

function textOf({ reason, message = '' }: WarningEvent): string {
  const conflict = /\b401\b/.test(message) ? ' (the probe has no credentials: probe and auth conflict)' : '';
  return [reason, `${capped(message, 200)}${conflict}`].filter(Boolean).join(': ');
}
