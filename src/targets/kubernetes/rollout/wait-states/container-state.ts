import { capped } from '../../api/api-error.ts';
import type { ContainerStatus } from '../../api/resources.ts';
import { causeOfPull, isRefusedByRegistry } from './failed-pull.ts';
import type { StateId } from './rows.ts';

/** Reasons of a container that waits, where the reason alone decides (the kubelet's images/types.go). */
const BY_REASON: Readonly<Record<string, StateId>> = {
  InvalidImageName: 'image-name-invalid',
  RegistryUnavailable: 'image-not-now',
  ImageInspectError: 'image-not-now',
  ErrImageNeverPull: 'image-never-pulled',
  SignatureValidationFailed: 'image-never-pulled',
  ContainerCreating: 'starting',
  PodInitializing: 'starting',
};
const PULL = new Set(['ErrImagePull', 'ImagePullBackOff']);
/** Reasons of a container whose program was begun, and has ended. */
const ENDED = new Set(['CrashLoopBackOff', 'RunContainerError', 'PostStartHookError']);
/** Longest message that is repeated, in characters. */
const SHOWN = 300;
/** What the kubelet says when it could not look at the moment, or when image and template contradict each other. */
const NOT_LOOKED_UP = /failed to sync (configmap|secret) cache|timed out/i;
const CONTRADICTED = /runAsNonRoot|non-numeric user/i;

/**
 * The state that a container is in now, and what is to be said of it. Pure. What it was before counts only while it does
 * not run: a container that runs has recovered, until it ends again.
 * @param crashLoopRestarts restarts that count as a crash loop, whatever the exit code: the orchestrator ends with 0 when
 *   it cannot start (service contract, 1.2).
 * @param restartsBefore restarts that are from an earlier time.
 * @param isInit an init container has ended for good when it has ended well.
 */
export function stateOfContainer(
  status: ContainerStatus,
  {
    crashLoopRestarts,
    restartsBefore = 0,
    isInit = false,
  }: {
    readonly crashLoopRestarts: number;
    readonly restartsBefore?: number;
    readonly isInit?: boolean;
  },
): { readonly state: StateId; readonly text: string } {
  const { state, ready, started, restartCount = 0, image } = status;
  const ended = state?.terminated;
  if (ready || (isInit && ended?.exitCode === 0)) return { state: 'well', text: '' };
  if (state?.running) {
    const restarts = restartCount ? `, ${restartCount} restarts` : '';
    const phase = isInit ? 'still runs' : started === false ? 'not started' : 'not ready';
    return { state: 'not-ready', text: `${phase}${restarts}` };
  }
  const { reason = '', message = '' } = state?.waiting ?? {};
  if (ended || ENDED.has(reason)) {
    const inARow = Math.min(restartCount, crashesInARow(message));
    const looping = Math.max(restartCount - restartsBefore, inARow) >= crashLoopRestarts;
    return {
      state: looping ? 'crash-loop' : 'crashed',
      text: `${reason || 'CrashLoop'}: ${endOf(status)}`,
    };
  }
  const said = PULL.has(reason) ? causeOfPull(message) : message;
  const text = [reason || 'not started', wordsOf(said)].filter(Boolean).join(': ');
  if (PULL.has(reason)) {
    return { state: isRefusedByRegistry(message, image) ? 'image-refused' : 'image-not-now', text };
  }
  if (reason === 'CreateContainerConfigError') return { state: stateOfConfig(message), text };
  if (!reason) return { state: 'starting', text };
  return { state: BY_REASON[reason] ?? 'create-failed', text };
}

/** The kubelet waits 10 s after the first crash and twice as long after each that follows (restart policy). */
const FIRST_BACK_OFF_S = 10;

/**
 * How often a container has crashed without a break, by the back-off that its kubelet names: `back-off 2m40s restarting
 * failed container`. It forgets after ten minutes without a crash, so that restarts of long ago do not count. 0 where it
 * names none.
 */
function crashesInARow(message: string): number {
  const [, minutes = '0', seconds = '0'] = /^back-off (?:(\d+)m)?(?:(\d+)s)? restarting/.exec(message) ?? [];
  const backOff = Number(minutes) * 60 + Number(seconds);
  return backOff < FIRST_BACK_OFF_S ? 0 : Math.ceil(Math.log2(backOff / FIRST_BACK_OFF_S)) + 1;
}

/** A message names the image again and again before it comes to its cause: of a long one its end is told. */
function wordsOf(message: string): string {
  const line = capped(message, 2_000);
  return line.length > SHOWN ? `…${line.slice(-SHOWN)}` : line;
}

function endOf({ restartCount = 0, lastState, state }: ContainerStatus): string {
  const ended = state?.terminated ?? lastState?.terminated;
  const code = ended?.exitCode === undefined ? '' : `, last exit code ${ended.exitCode}`;
  const why = ended?.reason && ended.reason !== 'Error' ? ` (${ended.reason})` : '';
  const said = capped(ended?.message ?? state?.waiting?.message ?? '', 200);
  const words = said && !said.startsWith('back-off') ? `: ${said}` : '';
  return `restarted ${restartCount} times${code}${why}${words}`;
}

function stateOfConfig(message: string): StateId {
  if (CONTRADICTED.test(message)) return 'config-refused';
  return NOT_LOOKED_UP.test(message) ? 'create-failed' : 'config-missing';
}
