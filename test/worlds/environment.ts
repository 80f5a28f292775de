/** Vitest's environment of the tests: Node, and at the worker's end the worlds are closed that its files have shared. */
import { builtinEnvironments, type Environment } from 'vitest/runtime';
import { PLACE, type Worlds } from './place.ts';

const environment: Environment = {
  ...builtinEnvironments.node,
  name: 'worlds',
  async setup(global, options) {
    const node = await builtinEnvironments.node.setup(global, options);
    return {
      async teardown(global) {
        await (globalThis as { [PLACE]?: Worlds })[PLACE]?.close();
        await node.teardown(global);
      },
    };
  },
};

export default environment;
