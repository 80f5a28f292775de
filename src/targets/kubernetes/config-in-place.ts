import { setTimeout as sleep } from 'node:timers/promises';
import type { KubernetesPin, RolloutStarted } from '../../domain/versions/pins.ts';
import type { Workload } from './api/resources.ts';
import type { ApiTransport } from './api/transport.ts';
import { hasherOf, writerOf } from './config/content.ts';
import { kindOf, readIfThere } from './config/kept-config.ts';
import type { KubernetesTargetOptions } from './options.ts';
import { InPlaceConfig } from './rollout/in-place.ts';
import { helmWarnings, inPlaceWarnings } from './rollout/in-place-plan.ts';
import { assertSameObject, assertWritable, isPinned } from './rollout/write-template.ts';
import { copiesIn, copiesKnown } from './state/config-evidence.ts';
import type { Observer } from './state/observation.ts';
import { markOf } from './workload/change-mark.ts';
import type { WorkloadPlace } from './workload/workload.ts';

interface Parts {
  readonly transport: ApiTransport;
  readonly place: WorkloadPlace;
  readonly observer: Observer;
}

type Options = Pick<KubernetesTargetOptions, 'clock' | 'evidenceKey' | 'fieldManager' | 'configPolicy'>;

/** Runbook 5, with `config.restore: in-place`: what the plan says of the user's objects, and their change. */
export class ConfigInPlace {
  readonly #parts: Parts;
  readonly #options: Options;

  constructor(parts: Parts, options: Options) {
    this.#parts = parts;
    this.#options = options;
  }

  /** What is said of objects that a plan writes, or leaves as they are. @throws ConfigNotWritable */
  async warnings(pin: KubernetesPin, live: Workload, signal: AbortSignal): Promise<readonly string[]> {
    const { transport, place, observer } = this.#parts;
    const { configPolicy: policy } = this.#options;
    const helm = helmWarnings(transport, place.namespace, pin, signal);
    if (!policy || !pin.inPlace) return helm;
    helm.catch(() => {});
    const revisions = await observer.listRevisions(live, signal);
    const seen = { transport, place, policy, revisions };
    return [...(await inPlaceWarnings(seen, pin, live, signal)), ...(await helm)];
  }

  /**
   * What objects hold by now that a rollout was begun with, where somebody has written them anew since; nothing is read where none
   * was written.
   */
  async writtenSince({ config = [] }: RolloutStarted, signal: AbortSignal): Promise<readonly string[]> {
    if (config.length === 0) return [];
    const { transport, place } = this.#parts;
    const { evidenceKey, fieldManager } = this.#options;
    const key = await evidenceKey?.(signal);
    const lines = await Promise.all(
      config.map(async ({ reference, hash }) => {
        const object = await readIfThere(transport, place.namespace, reference, signal);
        const now = object && hasherOf(kindOf(reference), key)(object);
        if (now === hash) return [];
        const how = object ? `written anew by ${writerOf(object, fieldManager)}` : 'deleted';
        return [`${reference} was ${how}: pods that begin from now on do not find what was proved`];
      }),
    );
    return lines.flat();
  }

  /** The change of the objects that a pin names. */
  async of(pin: KubernetesPin, signal: AbortSignal): Promise<InPlaceConfig> {
    const { transport, place, observer } = this.#parts;
    const { clock, evidenceKey, fieldManager } = this.#options;
    const recordsNow = async () => [...(await observer.readEvidence(signal)).records.values()];
    const parts = {
      transport,
      fieldManager,
      place,
      namespace: place.namespace,
      key: await evidenceKey?.(signal),
      readWritable: async () => {
        const live = await observer.freshState(signal);
        assertSameObject(pin, place.kind, live);
        if (!isPinned(live, pin)) {
          const replaces = observer.liveAt(pin);
          assertWritable(pin, live, { kind: place.kind, replaces });
        }
        return live;
      },
      isLive: async () => isPinned(await observer.freshState(signal), pin),
      known: () => copiesIn([...observer.evidence.records.values()]),
      copies: (live: Workload) => {
        const revisions = () => observer.listRevisions(live, signal);
        const { uid } = live.metadata;
        return copiesKnown({ transport, place, revisions, recordsNow }, uid, live.spec.template, signal);
      },
      overwritten: (live: Workload) => markOf(live)?.overwrote ?? [],
      clock,
      pause: (ms: number) => sleep(ms, undefined, { signal }),
    };
    return new InPlaceConfig(parts, pin);
  }
}
