import type { WatchEvent } from '../api/event-stream.ts';
import { type LabelSelector, type Pod, selectorText } from '../api/resources.ts';
import type { ApiTransport } from '../api/transport.ts';
import { runWatch } from '../api/watch-loop.ts';

/** The pods that a selector selects, kept up to date until closed. */
export interface PodWatch {
  /** What is known now; undefined until the first list has come. */
  pods(): readonly Pod[] | undefined;
  close(): void;
}

/** LIST and WATCH of pods, for a rollout that takes its time: what is wrong with it shows on its pods. */
export function watchPods(
  transport: ApiTransport,
  { namespace, selector }: { readonly namespace: string; readonly selector: LabelSelector },
  changed: () => void,
): PodWatch {
  const known = new Map<string, Pod>();
  let isListed = false;
  const stop = new AbortController();
  const labelSelector = selectorText(selector);
  void runWatch(
    {
      async restart(signal) {
        const { items, resourceVersion } = await transport.list<Pod>(
          { resource: 'pods', namespace, query: { labelSelector } },
          signal,
        );
        known.clear();
        for (const pod of items) known.set(pod.metadata.uid, pod);
        isListed = true;
        changed();
        return resourceVersion;
      },
      open: (resourceVersion = '', signal) => {
        const query = { labelSelector, resourceVersion, timeoutSeconds: '280' };
        return transport.openWatch({ resource: 'pods', namespace, query }, signal);
      },
      connected: () => {},
      receive({ type, object }: WatchEvent) {
        if (type === 'DELETED') known.delete(object.metadata.uid);
        else known.set(object.metadata.uid, object);
        changed();
      },
      // Pods are only the diagnosis; the Deployment's own watch decides about giving up.
      disconnected: () => {},
    },
    stop.signal,
  );
  return { pods: () => (isListed ? [...known.values()] : undefined), close: () => stop.abort() };
}
