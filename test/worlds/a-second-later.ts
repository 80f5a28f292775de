import { setTimeout as sleep } from 'node:timers/promises';

/** The API server notes whole seconds: what is changed in the second of a start may be older or younger. */
export const aSecondLater = (): Promise<void> => sleep(1_000 - (Date.now() % 1_000) + 20);
