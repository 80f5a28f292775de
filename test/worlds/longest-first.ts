import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Folders whose files take long, those that take longest first: what is not here takes a few seconds at the most. */
const LONG = [
  'test/targets/compose/',
  'test/sandbox/',
  'test/faults/',
  'test/stories/',
  'test/cli/',
  'test/client/',
  'test/workflows/',
  'test/targets/kubernetes/',
];

/**
 * Long files first, so that no worker is left with one when the others have ended; among those of a folder as vitest
 * knows from earlier runs, and without any the larger ones. Folder by folder, because a worker opens a server when a file
 * first needs it.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const known = await super.sort(files);
    return known
      .map((file, place) => ({ file, place, rank: rankOf(file) }))
      .sort((a, b) => a.rank - b.rank || a.place - b.place)
      .map(({ file }) => file);
  }
}

/** Files in a process of their own come first: between others they would end processes that can be used again. */
function rankOf({ moduleId, project }: TestSpecification): number {
  if (project.config.isolate) return -1;
  const found = LONG.findIndex((folder) => moduleId.includes(`/${folder}`));
  return found === -1 ? LONG.length : found;
}
