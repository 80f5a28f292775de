import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/worlds/longest-first.ts';

/** Files that replace modules, or set up what a process has once: each in a process of its own. */
const APART = [
  'test/targets/compose/files/{faults,replace,swapped}.test.ts',
  'test/workflows/replay.test.ts',
];

export default defineConfig({
  test: {
    pool: 'forks',
    // One more than the cores of a small machine: a third of their time two workers wait for containers, pods and clocks.
    maxWorkers: Math.max(3, Math.ceil(availableParallelism() / 2)),
    testTimeout: 30_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
    unstubEnvs: true,
    restoreMocks: true,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'together',
          include: ['test/**/*.test.ts'],
          exclude: APART,
          // One process for many files, one after the other: they share its servers.
          isolate: false,
          environment: './test/worlds/environment.ts',
        },
      },
      { extends: true, test: { name: 'apart', include: APART } },
    ],
  },
});
