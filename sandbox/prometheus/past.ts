import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

/** One series of a past that nobody had to wait for. */
export interface PastSeries {
  readonly metric: string;
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * Times in milliseconds since the epoch, in their order. What is scraped before the last of them is dropped: none of
   * them is in the future where anything is. Values may be NaN or infinite.
   */
  readonly points: readonly (readonly [at: number, value: number])[];
}

/** A day of one series takes a second. */
const IMPORT_MS = 60_000;

/** Writes a past into the folder of a Prometheus that does not run: blocks as it has written them itself. */
export async function importPast(
  promtool: string,
  past: readonly PastSeries[],
  { folder, data }: { readonly folder: string; readonly data: string },
): Promise<void> {
  const file = join(folder, 'past.txt');
  await writeFile(file, toOpenMetrics(past));
  const command = ['tsdb', 'create-blocks-from', 'openmetrics', '--quiet', file, data];
  await execa(promtool, command, { stdin: 'ignore', timeout: IMPORT_MS });
}

/** The OpenMetrics text of a past. */
export function toOpenMetrics(past: readonly PastSeries[]): string {
  return `${past.flatMap(linesOf).join('\n')}\n# EOF\n`;
}

function linesOf({ metric, labels = {}, points }: PastSeries): string[] {
  const written = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const series = written.length === 0 ? metric : `${metric}{${written.join(',')}}`;
  return points.map(([at, value]) => `${series} ${inWords(value)} ${at / 1000}`);
}

function inWords(value: number): string {
  if (Number.isFinite(value) || Number.isNaN(value)) return String(value);
  return value > 0 ? '+Inf' : '-Inf';
}
