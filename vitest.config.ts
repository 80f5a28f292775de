import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/worlds/longest-first.ts';

/** Files that replace modules, or set up what a process has once: each in a process of its own. */
const APART = [
  'test/targets/compose/files/{faults,replace,swapped}.test.ts',
  'test/workflows/replay.test.ts',
];

/**
 * Files that start many commands, in processes without the Temporal SDK: to start a command takes ten times as long in a process
 * that holds its native memory, which the system has to map anew for each.
 */
const COMMANDS = 'test/targets/compose/**/*.test.ts';

const TOGETHER = { isolate: false, environment: './test/worlds/environment.ts' } as const;

export default defineConfig({
  test: {
    pool: 'forks',
    // Twice the cores of a small machine: half of their time workers wait for containers, pods and clocks.
    maxWorkers: Math.max(4, Math.ceil(availableParallelism() / 2)),
    // Of what hangs: a machine that stands still for half a minute is no failure of a test.
    testTimeout: 180_000,
    hookTimeout: 240_000,
    teardownTimeout: 30_000,
    unstubEnvs: true,
    restoreMocks: true,
    sequence: { sequencer: LongestFirst },
    projects: [
      // One process for many files, one after the other: they share its servers.
      {
        extends: true,
        test: {
          name: 'together',
          include: ['test/**/*.test.ts'],
          exclude: [...APART, COMMANDS],
          ...TOGETHER,
        },
      },
      { extends: true, test: { name: 'commands', include: [COMMANDS], exclude: APART, ...TOGETHER } },
      { extends: true, test: { name: 'apart', include: APART } },
    ],
  },
});
