/** Arguments of `docker` that list every container of an engine with the folder of its project. */
export const LIST_WITH_FOLDER = [
  'ps',
  '--all',
  '--format',
  `{{.ID}}\t{{.Label "com.docker.compose.project.working_dir"}}`,
] as const;

/** The ids, of what such a listing said, of containers whose project lies in this folder: no other is the sandbox's. */
export function containersBelow(projects: string, listed: string): readonly string[] {
  return listed
    .split('\n')
    .map((line) => line.split('\t'))
    .flatMap(([id = '', folder = '']) => (folder.startsWith(`${projects}/`) ? [id] : []));
}
