import type { Managed } from './index.ts';

/** A process that can be killed and brought back on the same command line, as an operator's supervisor would. */
export interface Kept {
  readonly name: string;
  pid(): number;
  /** The process of this moment, or the one that was killed last. */
  current(): Managed;
  /** `kill -9`; resolves when it is gone. Nobody brings it back before `start`. */
  kill(): Promise<void>;
  /** Brings it back after a kill and waits until it is of use again; does nothing while it runs. */
  start(): Promise<void>;
  restart(): Promise<void>;
}

/**
 * Starts a process that is kept.
 * @param begin starts it; called again for every later start.
 * @param isBack waits until one that was brought back is of use; not asked after the first start.
 * @throws what `begin` throws.
 */
export async function keep(
  begin: () => Promise<Managed>,
  isBack: (process: Managed) => Promise<unknown> = async () => undefined,
): Promise<Kept> {
  let process = await begin();
  let killed = false;
  const kill = async () => {
    killed = true;
    process.signal('SIGKILL');
    await process.exited;
  };
  const start = async () => {
    if (!killed) return;
    process = await begin();
    killed = false;
    await isBack(process);
  };
  return {
    name: process.name,
    pid: () => process.pid,
    current: () => process,
    kill,
    start,
    async restart() {
      await kill();
      await start();
    },
  };
}
