/** A container of a service, as the engine tells. */
export interface OneContainer {
  readonly id: string;
  readonly imageId: string;
  readonly status: string;
  readonly startedAt: string;
}

export type Containers = readonly OneContainer[];

/** The containers of a project, stopped ones too, the oldest first. */
export async function containersOf(
  docker: (...args: string[]) => Promise<string>,
  project: string,
  service?: string,
): Promise<Containers> {
  const labels = [`project=${project}`, ...(service ? [`service=${service}`] : [])];
  const filters = labels.flatMap((label) => ['--filter', `label=com.docker.compose.${label}`]);
  const ids = (await docker('ps', '-aq', '--no-trunc', ...filters)).split('\n').filter(Boolean);
  if (ids.length === 0) return [];
  const format = '{{.Created}} {{.Id}} {{.Image}} {{.State.Status}} {{.State.StartedAt}}';
  const lines = (await docker('inspect', '--type', 'container', '--format', format, ...ids))
    .split('\n')
    .sort();
  return lines.map((line) => {
    const [, id = '', imageId = '', status = '', startedAt = ''] = line.split(' ');
    return { id, imageId, status, startedAt };
  });
}
