import { RunbookError } from '../../../domain/errors.ts';
import type { ComposePin } from '../../../domain/versions/pins.ts';
import type { Container } from '../engine/objects/containers.ts';
import { leadingContainer } from '../read/observed-state.ts';
import type { ProjectChange } from '../state/project-change.ts';
import type { ChangeParts } from './change-parts.ts';
import { restoreFiles } from './restore.ts';

/**
 * Compare-and-set: everything that the plan was made on is still so, or is already what the plan makes of it, as it was
 * read since the lock is held. Each file that is replaced is compared again right before that (`ProjectFolder.replace`).
 * @param earlier what an attempt of the same step has noted.
 * @throws WorkloadChanged. What an earlier attempt has replaced before the container was touched goes back first.
 */
export async function assertUnchanged(
  pin: ComposePin,
  imageId: string | undefined,
  earlier: ProjectChange | undefined,
  containers: readonly Container[],
  parts: ChangeParts,
): Promise<void> {
  const problem = (await fileProblem(pin, parts)) ?? containerProblem(pin, imageId, earlier, containers);
  if (!problem) return;
  const consequence = earlier ? await undoEarlier(earlier, parts) : 'nothing was changed';
  throw new RunbookError(
    'WorkloadChanged',
    `${problem}; ${consequence}; start a new run, which plans from what is there now`,
  );
}

async function fileProblem(
  pin: ComposePin,
  { step }: Pick<ChangeParts, 'step'>,
): Promise<string | undefined> {
  const hashOf = async (path: string) => (await step.file(path))?.sha256;
  const changed = (path: string) => `${path} was changed by somebody else after the plan was made`;
  for (const { path, sha256 } of pin.unchanged) {
    if ((await hashOf(path)) !== sha256) return changed(path);
  }
  for (const { path, before, sha256 } of pin.changes) {
    const found = await hashOf(path);
    if (found !== before && found !== sha256) return changed(path);
  }
  return undefined;
}

function containerProblem(
  pin: ComposePin,
  imageId: string | undefined,
  earlier: ProjectChange | undefined,
  containers: readonly Container[],
): string | undefined {
  const runsNow = leadingContainer(containers)?.imageId;
  // While an attempt of ours is under way anything may run; when it had done its part, only what it left.
  const isUnderWay = earlier !== undefined && earlier.phase !== 'started';
  const isBefore = earlier === undefined && runsNow === pin.replaces;
  if (isUnderWay || isBefore || runsNow === (earlier?.to.imageId ?? imageId)) return undefined;
  return runsNow
    ? 'the container runs another image than when the plan was made: somebody has deployed meanwhile'
    : 'the container of when the plan was made is gone: somebody has removed it meanwhile';
}

/** Half a change must not stay behind unsaid. */
async function undoEarlier(earlier: ProjectChange, parts: ChangeParts): Promise<string> {
  const paths = earlier.files.map(({ path }) => path).join(', ') || 'no file';
  if (earlier.phase !== 'replacing') {
    return `the rollback had begun: ${paths} replaced, and the container may run ${earlier.to.version}`;
  }
  const restored = await restoreFiles(earlier, parts, false);
  await parts.journal.end(earlier.id);
  return restored.length > 0
    ? `${restored.join(', ')}, replaced before that, restored`
    : 'nothing was changed';
}
