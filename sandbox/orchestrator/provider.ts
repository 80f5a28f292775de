import { setTimeout as sleep } from 'node:timers/promises';

/** How often the provider is asked whether it is there, in milliseconds. */
const EVERY_MS = 50;
const TIMEOUT_MS = 1_000;

/** The language model behind the orchestrator, as far as it can be down: no release mends that. */
export interface Provider {
  /** Whether it has answered well the last time. */
  isUp(): boolean;
}

/**
 * Watches the provider at an address for as long as the process runs. The first answer is waited for, so that no chat is
 * answered before it is known.
 */
export async function watchProvider(url: string): Promise<Provider> {
  let up = await answersWell(url);
  void (async () => {
    for (;;) {
      await sleep(EVERY_MS, undefined, { ref: false });
      up = await answersWell(url);
    }
  })();
  return { isUp: () => up };
}

async function answersWell(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false;
  }
}
