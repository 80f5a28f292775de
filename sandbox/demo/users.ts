import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';

/** Chats of users, one every so many milliseconds. */
const EVERY_MS = 60;

/** Users who chat with the service for as long as the story is told: without them nothing is measured. */
export function startUsers(url: string): AsyncDisposable {
  const stop = new AbortController();
  const chatting = (async () => {
    while (!stop.signal.aborted) {
      await chat(url).catch(() => undefined);
      await sleep(EVERY_MS, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  })();
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await chatting;
    },
  };
}

async function chat(url: string): Promise<void> {
  const { body } = await request(`${url}/api/v1/chat`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ message: 'a user asks', correlation_id: randomUUID() }),
    headersTimeout: 2_000,
    // On a connection of its own, so that every pod has users.
    reset: true,
  });
  await body.dump();
}
