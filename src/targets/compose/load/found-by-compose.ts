import { RunbookError } from '../../../domain/errors.ts';
import type { ResolvedService } from '../engine/command/resolved-service.ts';
import type { ServiceName } from '../engine/objects/compose-labels.ts';
import { definitionKeysChanged } from '../project/index.ts';

/**
 * Compose's own reading is the judge: what it makes of the files that we have chosen, and of the project directory, has
 * to be what it makes of the project by itself, as for who calls it in the folder.
 * @throws ComposeFileUnsupported with the settings that would say it.
 */
export function assertComposeFindsTheSame(
  ours: ResolvedService,
  byItself: ResolvedService,
  { project: name, service }: ServiceName,
): void {
  const isOther = byItself.project !== undefined && byItself.project !== name;
  const project = isOther ? [`it calls the project ${byItself.project}, and not ${name}`] : [];
  const keys = definitionKeysChanged(ours.definition, byItself.definition);
  const shown = `${keys.slice(0, 8).join(', ')}${keys.length > 8 ? ', …' : ''}`;
  const differences = [...project, ...(keys.length > 0 ? [`${shown} of ${service} differ`] : [])];
  if (differences.length === 0) return;
  throw new RunbookError(
    'ComposeFileUnsupported',
    `Compose reads the project otherwise than this runbook does (${differences.join('; ')}): name its files, envFiles, projectDirectory and project in runbook.yaml`,
  );
}
