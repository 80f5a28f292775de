import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '../../tools/until.ts';
import type { Answer } from './index.ts';

/** Targets that are scraped under the same labels. */
export interface ScrapedTargets {
  /** Waits until each of them was scraped with success. @throws Error when that takes longer than 30 s. */
  up(): Promise<void>;
  /** Other targets instead. */
  change(targets: readonly string[]): Promise<void>;
  /** They are scraped no more, and their series go stale. */
  end(): Promise<void>;
}

type Ask = (query: string) => Promise<readonly Answer[]>;

/** Targets as files that Prometheus reads while it runs. */
export function openTargets(folder: string, ask: Ask) {
  let count = 0;
  return async (
    first: readonly string[],
    labels: Readonly<Record<string, string>> = {},
  ): Promise<ScrapedTargets> => {
    count += 1;
    const file = join(folder, `${count}.json`);
    let targets = first;
    const change = async (others: readonly string[]) => {
      targets = others;
      // Whole or not at all; a name that does not end in .json is no target file.
      await writeFile(`${file}.new`, JSON.stringify([{ targets, labels }]));
      await rename(`${file}.new`, file);
    };
    await change(first);
    return {
      change,
      async up() {
        const { job = 'service' } = labels;
        await until(`a scrape of ${targets.join(', ')}`, async () => {
          const answers = await ask(`up{job=${JSON.stringify(job)}} == 1`);
          const up = new Set(answers.map((answer) => answer.labels.instance));
          return targets.every((target) => up.has(target));
        });
      },
      end: () => rm(file, { force: true }),
    };
  };
}
