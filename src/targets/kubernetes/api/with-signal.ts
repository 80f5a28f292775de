/** A signal that aborts so many milliseconds after another one: time to hear how a thing ends that was begun. */
export function outliving(signal: AbortSignal, ms: number): AbortSignal {
  if (signal.aborted) return signal;
  const late = new AbortController();
  const abort = () => setTimeout(() => late.abort(signal.reason), ms).unref();
  signal.addEventListener('abort', abort, { once: true });
  return late.signal;
}

/** The promise, or the signal's reason when that comes first; what the promise stands for goes on. */
export function withSignal<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    promise.catch(() => {});
    return Promise.reject(signal.reason);
  }
  return new Promise<T>((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
