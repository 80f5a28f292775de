import { RunbookError } from '../../../domain/errors.ts';
import type { KubernetesPin, RolloutStarted } from '../../../domain/versions/pins.ts';
import { ApiError, isStatus } from '../api/api-error.ts';
import type { Workload } from '../api/resources.ts';
import type { ApiTransport } from '../api/transport.ts';
import { outliving } from '../api/with-signal.ts';
import { lastManager } from '../state/managers.ts';
import { isWrittenBy } from '../state/placed.ts';
import { fingerprint } from '../template/fingerprint.ts';
import { markOf, markOperations } from '../workload/change-mark.ts';
import { nameOf, type WorkloadKind } from '../workload/workload.ts';
import type { PinnedTemplate } from './pinned-template.ts';

/** How often a write is made again because only something beside the template had changed (an autoscaler, annotations). */
const REBASES = 3;

/**
 * How long the answer to a write that was sent is waited for after the step was cancelled, in milliseconds. Whoever reads
 * next must not see a workload that is changed a moment later.
 */
const LAST_WORD_MS = 3000;

/** What the write needs beside the pin. */
export interface TemplateWriter {
  readonly kind: WorkloadKind;
  readonly transport: ApiTransport;
  readonly fieldManager: string;
  /** Fingerprint of the template that was live at the pin's generation, when it is known. */
  readonly replaces: string | undefined;
  /** Told of the state that the write's answer showed. */
  readonly observed: (live: Workload) => void;
  /** A real read: what the watch says may be older than what is decided on it. */
  readonly read: () => Promise<Workload>;
  /** The content to write, made from the live state. */
  readonly content: (live: Workload) => Promise<PinnedTemplate>;
  /** The last look at what the template refers to. */
  readonly assertConfig: () => Promise<void>;
}

/**
 * The one change of a rollback: a JSON Patch that tests uid and generation and replaces
 * `/spec/template`. Replicas are not part of it, nor annotations, but for the mark of who has written (`ChangeMark`). `fieldValidation=Strict`: a server that does not
 * know a field of the template refuses it; with any other setting it would drop the field without an error, and
 * what runs then is not what was pinned.
 *
 * The generation counts every change of the spec. When it moved and the template is still the one that was to be
 * replaced (an autoscaler changed the replicas), the write is made on the new generation.
 *
 * Only the write itself may be tried on a state that is old, the API server refuses it then. Everything else is
 * decided on a real read.
 * @param live the state as the watch has it.
 */
export async function writeTemplate(
  pin: KubernetesPin,
  live: Workload,
  writer: TemplateWriter,
  signal: AbortSignal,
): Promise<RolloutStarted> {
  let state = live;
  let isRead = false;
  const read = async () => {
    state = await writer.read();
    isRead = true;
  };
  if (!isDecidedOn(pin, live)) await read();
  for (let rebases = 0; ; ) {
    assertSameObject(pin, writer.kind, state);
    const wanted = await writer.content(state);
    if (holds(state, wanted, pin)) {
      if (isRead) return startedFrom(pin, state, false);
      await read();
      continue;
    }
    assertWritable(pin, state, writer);
    await writer.assertConfig();
    try {
      const written = await patchTemplate(pin, state, wanted, writer, signal);
      writer.observed(written);
      const changed = written.metadata.generation !== state.metadata.generation;
      return startedFrom(pin, written, changed);
    } catch (error) {
      if (!(error instanceof ApiError) || !(error.outcomeUnknown || isStatus(error, 422))) throw error;
      const { generation, annotations } = state.metadata;
      await read().catch((failure) => {
        throw unread(error, failure, signal);
      });
      assertSameObject(pin, writer.kind, state);
      if (holds(state, wanted, pin)) {
        return startedFrom(pin, state, error.outcomeUnknown);
      }
      if (error.outcomeUnknown) throw error;
      const isMoved =
        state.metadata.generation !== generation || !state.metadata.annotations !== !annotations;
      if (!isMoved || rebases >= REBASES) throw error;
      rebases += 1;
    }
  }
}

/**
 * Whether the workload has what is wanted: the template itself, or what admission has made of it, which the mark of the
 * write tells as long as nothing else of the spec was changed.
 */
function holds(
  state: Workload,
  { fingerprint: wanted }: PinnedTemplate,
  { purpose }: KubernetesPin,
): boolean {
  if (fingerprint(state.spec.template) === wanted) return true;
  const mark = markOf(state);
  return (
    mark?.fingerprint === wanted && isWrittenBy(mark, state) && mark.purpose === (purpose ?? 'roll-back')
  );
}

function patchTemplate(
  pin: KubernetesPin,
  state: Workload,
  wanted: PinnedTemplate,
  { kind, transport, fieldManager }: TemplateWriter,
  signal: AbortSignal,
): Promise<Workload> {
  const { namespace, name } = pin.workload;
  return transport.patch<Workload>(
    { resource: kind.collection, namespace, name, query: { fieldManager, fieldValidation: 'Strict' } },
    'application/json-patch+json',
    [
      { op: 'test', path: '/metadata/uid', value: pin.workload.uid },
      { op: 'test', path: '/metadata/generation', value: state.metadata.generation },
      { op: 'replace', path: '/spec/template', value: wanted.template },
      ...markOperations(state, {
        purpose: pin.purpose ?? 'roll-back',
        fingerprint: wanted.fingerprint,
        generation: (state.metadata.generation ?? 0) + 1,
      }),
    ],
    outliving(signal, LAST_WORD_MS),
  );
}

/** What to tell when the read after a write failed too: of the write, as long as its outcome is open. */
function unread(write: ApiError, read: unknown, signal: AbortSignal): unknown {
  const isGone = read instanceof RunbookError && read.type === 'WorkloadMissing';
  // A retry reads and compares first.
  return write.outcomeUnknown && !signal.aborted && !isGone ? write : read;
}

/** True when this can be the state that the plan was made on: the generation counts every change of the spec. */
function isDecidedOn({ workload, generation }: KubernetesPin, { metadata }: Workload): boolean {
  return metadata.uid === workload.uid && metadata.generation === generation;
}

function assertSameObject({ workload }: KubernetesPin, kind: WorkloadKind, { metadata }: Workload): void {
  if (metadata.uid === workload.uid) return;
  throw new RunbookError(
    'WorkloadChanged',
    `${nameOf({ kind, name: workload.name })} was deleted and created again after the plan was made; nothing was written`,
  );
}

function assertWritable(pin: KubernetesPin, state: Workload, { kind, replaces }: TemplateWriter): void {
  const { namespace } = pin.workload;
  const name = nameOf({ kind, name: pin.workload.name });
  const { generation = 0, deletionTimestamp } = state.metadata;
  if (deletionTimestamp) {
    throw new RunbookError(
      'WorkloadDeleted',
      `${name} is being deleted (since ${deletionTimestamp}): a change of it would roll nothing out`,
    );
  }
  const untouched = replaces !== undefined && replaces === fingerprint(state.spec.template);
  if (generation > pin.generation && !untouched) {
    throw new RunbookError(
      'WorkloadChanged',
      `${name} was changed after the plan was made (generation ${pin.generation} -> ${generation}), ` +
        `last by ${lastManager(state)}; nothing was written`,
    );
  }
  if (pin.source.kind === 'live') {
    throw new RunbookError('WorkloadChanged', `${name} does not have ${pin.version} any more`);
  }
  if (state.spec.paused === true) {
    throw new RunbookError(
      'WorkloadPaused',
      `${name} is paused and would not roll out; kubectl rollout resume ${name} -n ${namespace}`,
    );
  }
}

/** What a wait for this state needs. */
export function startedFrom(
  { version, digests }: Pick<KubernetesPin, 'version' | 'digests'>,
  { metadata, spec }: Workload,
  changed: boolean,
): RolloutStarted {
  return {
    changed,
    uid: metadata.uid,
    generation: metadata.generation ?? 0,
    fingerprint: fingerprint(spec.template),
    version,
    ...(digests ? { digests } : {}),
  };
}
