import { notRecorded } from '../../../evidence/config-words.ts';
import { leadingContainer, type ObservedState } from '../observed-state.ts';
import { unrecordedSecrets } from './secrets.ts';

/** What a proof of what runs does not record of its config, a line each. Pure. */
export function notRecordedIn({ project, containers, secrets }: ObservedState): readonly string[] {
  const { service, files, folders } = project;
  const startedAt = Date.parse(leadingContainer(containers)?.startedAt ?? '');
  const open = folders.filter((folder) => !files.some(({ path }) => path.startsWith(`${folder}/`)));
  return [
    ...service.configs
      .filter(({ from }) => from === 'elsewhere')
      .map(({ name }) => notRecorded(name, 'it is external, and no file of the project')),
    ...open.map((folder) =>
      notRecorded(folder, 'it is mounted as a folder (configFiles names files of it that are recorded)'),
    ),
    ...unrecordedSecrets(secrets, startedAt),
  ];
}
