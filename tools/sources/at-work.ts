const EVERY_MS = 10_000;

/** Says every ten seconds that something is still at work, with the seconds that it has taken. @returns what ends that. */
export function sayAtWork(label: string, progress: (line: string) => void): () => void {
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  const ticker = setInterval(() => progress(`${label}: ${seconds()} s ...`), EVERY_MS);
  return () => clearInterval(ticker);
}
