import { setTimeout as sleep } from 'node:timers/promises';
import type { KubernetesApi } from '../control-plane/api.ts';

const AGAIN_MS = 50;
const TOO_MANY_REQUESTS = 429;

/**
 * The API for somebody who can wait, as a kubelet does: what the server could not be asked, or could not answer for
 * reasons of its own, is asked again.
 * @throws AbortError when the signal aborts.
 */
export function retryingApi(api: KubernetesApi, signal: AbortSignal): KubernetesApi {
  return {
    ...api,
    async call(...request) {
      for (;;) {
        const answer = await api.call(...request).catch(() => undefined);
        if (answer && answer.status < 500 && answer.status !== TOO_MANY_REQUESTS) return answer;
        await sleep(AGAIN_MS, undefined, { signal });
      }
    },
  };
}
