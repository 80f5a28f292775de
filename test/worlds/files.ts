/** Test files that use servers which they share with others in the same process (vitest's `isolate: false`). */
export const WITH_WORLDS = [
  'test/stories/*.test.ts',
  'test/targets/compose/*.test.ts',
  'test/targets/kubernetes/{last-change,observe,restore,roll-back,wait-for-rollout}.test.ts',
  'test/workflows/engine-*.test.ts',
  'test/client/{answers,join}.test.ts',
  'test/cli/{commands,embedded,server-away}.test.ts',
  'test/faults/*.test.ts',
];
