import { defineConfig } from 'vitest/config';
import { WITH_WORLDS } from './test/worlds/files.ts';
import { LongestFirst } from './test/worlds/longest-first.ts';

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: Number(process.env.WORKERS ?? 4),
    testTimeout: 30_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
    unstubEnvs: true,
    restoreMocks: true,
    sequence: { sequencer: LongestFirst },
    projects: [
      // A process for many files, which share its servers.
      {
        extends: true,
        test: {
          name: 'worlds',
          include: WITH_WORLDS,
          isolate: false,
          environment: './test/worlds/environment.ts',
        },
      },
      { extends: true, test: { name: 'apart', include: ['test/**/*.test.ts'], exclude: WITH_WORLDS } },
    ],
  },
});
