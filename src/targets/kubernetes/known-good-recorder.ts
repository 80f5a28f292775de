import type { KnownGoodRecord } from '../../domain/proof/known-good.ts';
import type { RollbackTarget } from '../target.ts';
import type { Workload } from './api/resources.ts';
import type { ApiTransport } from './api/transport.ts';
import { isOf } from './live-template.ts';
import type { KubernetesTargetOptions } from './options.ts';
import { earliest } from './state/candidate.ts';
import { configIn } from './state/candidate-config.ts';
import { type ConfigEvidence, configEvidence, type KnownCopies } from './state/config-evidence.ts';
import { type Evidence, evidenceName, writeVersionEvidence } from './state/evidence.ts';
import { keepTemplate, type ProvedTemplate, TEMPLATES_KEPT } from './state/kept-templates.ts';
import type { Observer } from './state/observation.ts';
import { byContent } from './template/config-references.ts';
import { versionId } from './template/fingerprint.ts';
import { byDigest, digestsBehind } from './template/image-digests.ts';
import { containerIn } from './template/pod-template.ts';
import type { Revision, WorkloadPlace } from './workload/workload.ts';

interface RecorderParts {
  readonly transport: ApiTransport;
  readonly place: WorkloadPlace;
  readonly observer: Observer;
  /** The container that the profile names. */
  readonly container: string;
}

/** Runbook 2: keeps what was proved of a version, or seen to fail, beside the workload: the record, its template, its config. */
export class KnownGoodRecorder {
  readonly #parts: RecorderParts;
  readonly #options: Pick<KubernetesTargetOptions, 'service' | 'keepsSecrets' | 'clock'>;
  /** What this worker knows to be kept, by the workload's uid and the template's fingerprint. */
  readonly #kept = new Set<string>();
  readonly #copies: KnownCopies = new Map();

  constructor(
    parts: RecorderParts,
    options: Pick<KubernetesTargetOptions, 'service' | 'keepsSecrets' | 'clock'>,
  ) {
    this.#parts = parts;
    this.#options = options;
  }

  /** Safe to repeat: names and contents are made from the record and from what is live. */
  async record(record: KnownGoodRecord, signal: AbortSignal): ReturnType<RollbackTarget['recordKnownGood']> {
    const { transport, place, observer } = this.#parts;
    const { service } = this.#options;
    const reader = await observer.reader(signal);
    const proved = record.verdict === 'passed' ? await this.#proved(record, signal) : undefined;
    const since = proved ? { firstSeenAt: proved.createdAt } : {};
    const { config, warnings } = await this.#config(record, reader.key, signal);
    const own = { ...since, ...(config.length > 0 ? { config, ...this.#idOf(record, config) } : {}) };
    observer.evidence = await writeVersionEvidence(
      transport,
      place,
      record.schema === 2 ? { ...record, workload: reader.workload, ...own } : record,
      observer.evidence,
      reader,
      signal,
      service,
    );
    const { records } = observer.evidence;
    if (proved) await this.#keep(proved, records, signal);
    return { keptIn: `configmap/${evidenceName(place)}`, ...(warnings.length > 0 ? { warnings } : {}) };
  }

  /** The config of the version that a record is of, as long as that is live. */
  async #config(
    { fingerprint: print, verdict, schema }: KnownGoodRecord,
    key: string | undefined,
    signal: AbortSignal,
  ): Promise<ConfigEvidence> {
    const live = await this.#parts.observer.live(signal, (state) => !isOf(state, print));
    if (schema !== 2 || !isOf(live, print)) return { config: [], warnings: [] };
    const parts = {
      transport: this.#parts.transport,
      place: this.#parts.place,
      revisions: () => this.#parts.observer.listRevisions(live, signal),
      holder: () => this.#revisionOf(print, live, signal),
      records: [...this.#parts.observer.evidence.records.values()],
      recordsNow: async () => [...(await this.#parts.observer.readEvidence(signal)).records.values()],
      copies: this.#copies,
      key,
      keepsSecrets: this.#options.keepsSecrets === true,
      now: this.#options.clock(),
    };
    return configEvidence(parts, live, verdict, signal);
  }

  /** The id by what was found now: the plan may have been made before the config was known. */
  #idOf(
    { fingerprint: print, imageIds, imageId }: KnownGoodRecord,
    config: ConfigEvidence['config'],
  ): Pick<KnownGoodRecord, 'id'> {
    const template = this.#parts.observer.templateOf(print);
    if (!template) return {};
    const { container } = this.#parts;
    const single = containerIn(template, container) ?? container;
    const digests = digestsBehind(template, imageIds ?? (imageId ? { [single]: imageId } : {}));
    const content = byContent(byDigest(template, digests), configIn({ config }));
    return { id: versionId(content, this.#parts.observer.stamped) };
  }

  /** The revision that was proved, as old as earlier proofs of the version say; none when another one is live by now. */
  async #proved({ fingerprint: print, id }: KnownGoodRecord, signal: AbortSignal) {
    const live = await this.#parts.observer.live(signal, (state) => !isOf(state, print));
    if (!isOf(live, print)) return undefined;
    const revision = await this.#revisionOf(print, live, signal);
    if (!revision) return undefined;
    const earlier = [...this.#parts.observer.evidence.records.values()].flatMap((record) =>
      record.fingerprint === print || (id !== undefined && record.id === id)
        ? (record.firstSeenAt ?? [])
        : [],
    );
    const createdAt = earliest([revision.createdAt, ...earlier]);
    return { ...revision, createdAt, owner: live.metadata };
  }

  /** From memory, where this worker has listed the history. */
  async #revisionOf(print: string, live: Workload, signal: AbortSignal): Promise<Revision | undefined> {
    const isIt = ({ fingerprint: known }: Revision) => known === print;
    const { observer } = this.#parts;
    return observer.revisions.find(isIt) ?? (await observer.listRevisions(live, signal)).find(isIt);
  }

  /** What this worker has kept it does not look for with each further proof, as long as nothing had to make room. */
  async #keep(proved: ProvedTemplate, proofs: Evidence['records'], signal: AbortSignal): Promise<void> {
    const key = `${proved.owner.uid}/${proved.fingerprint}`;
    if (this.#kept.has(key)) return;
    const isKept = await keepTemplate(this.#parts.transport, this.#parts.place, proved, proofs, signal);
    if (this.#kept.size >= TEMPLATES_KEPT) this.#kept.clear();
    if (isKept) this.#kept.add(key);
  }
}
