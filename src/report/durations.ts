/** Time between two instants as people read it: `0.1 s`, `75.0 s`, `120 s`, `12 min`; `?` when one is missing. */
export function seconds(from: string, to: string): string {
  const value = Math.max(0, Date.parse(to) - Date.parse(from)) / 1000;
  if (Number.isNaN(value)) return '?';
  if (value < 100) return `${value.toFixed(1)} s`;
  return Math.round(value) < 600 ? `${Math.round(value)} s` : `${Math.round(value / 60)} min`;
}

/** How long ago an instant was: `just now`, `5 min ago`, `3 h ago`, `2 d ago`. */
export function ago(instant: string, now: number): string {
  const minutes = Math.round((now - Date.parse(instant)) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 90) return `${minutes} min ago`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h ago` : `${Math.round(hours / 24)} d ago`;
}
