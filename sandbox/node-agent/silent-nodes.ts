/** Nodes whose kubelet nobody hears at the moment, and what waits for them. */
export class SilentNodes {
  readonly #waiting = new Map<string, Set<() => void>>();

  /** @returns a function that lets the kubelet speak again. */
  silence(node: string): () => void {
    if (!this.#waiting.has(node)) this.#waiting.set(node, new Set());
    return () => {
      const waiting = this.#waiting.get(node) ?? [];
      this.#waiting.delete(node);
      for (const go of waiting) go();
    };
  }

  /** @returns at once for a node that is heard. */
  async heard(node: string, signal: AbortSignal): Promise<void> {
    while (this.#waiting.has(node)) {
      signal.throwIfAborted();
      await new Promise<void>((resolve) => {
        this.#waiting.get(node)?.add(resolve);
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }
}
