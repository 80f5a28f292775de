import type { ProjectFolder } from './project-folder.ts';
import type { ProjectFile } from './read-file.ts';

/** Files of a project folder, each as it was when it was first asked for: what one step goes by. */
export class HeldFiles {
  /** Reads and writes what is there by now. */
  readonly folder: ProjectFolder;
  readonly #held = new Map<string, Promise<ProjectFile | undefined>>();

  constructor(folder: ProjectFolder) {
    this.folder = folder;
  }

  /** As `ProjectFolder.read`, once for each path; an error is an answer too. */
  read(path: string): Promise<ProjectFile | undefined> {
    const held = this.#held.get(path) ?? this.folder.read(path);
    this.#held.set(path, held);
    return held;
  }
}
