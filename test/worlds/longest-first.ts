import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take longest come first, so that no worker is left with one when the others have ended. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return [...files].sort(
      (a, b) => Number(b.project.name === 'worlds') - Number(a.project.name === 'worlds'),
    );
  }
}
