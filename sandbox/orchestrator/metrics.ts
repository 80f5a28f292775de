import type { Behaviour } from './behaviour.ts';

/** Quantiles of the service's exporter (service contract, 6.3). */
const QUANTILES = [0, 0.5, 0.9, 0.95, 0.99, 0.999, 1];
/** Quantiles forget samples after this long; sum and count never do. */
const WINDOW_MS = 60_000;
const BUCKETS = [0.1, 0.5, 1, 5];

interface Summary {
  sum: number;
  count: number;
  samples: { at: number; value: number }[];
  /** As a histogram has them: for the life of the process, each with what is below it. */
  within: number[];
}

/** Counters and summaries of one process, and their text form. A metric is absent until its first increment. */
export class MetricsRegistry {
  readonly #counters = new Map<string, number>();
  readonly #summaries = new Map<string, Summary>();
  #scrapes = 0;
  #started = Date.now();

  count(name: string, by = 1): void {
    this.#counters.set(name, (this.#counters.get(name) ?? 0) + by);
  }

  observe(name: string, seconds: number): void {
    const summary = this.#summaries.get(name) ?? {
      sum: 0,
      count: 0,
      samples: [],
      within: BUCKETS.map(() => 0),
    };
    summary.sum += seconds;
    summary.count += 1;
    summary.samples.push({ at: Date.now(), value: seconds });
    summary.within = summary.within.map((count, index) => count + Number(seconds <= (BUCKETS[index] ?? 0)));
    this.#summaries.set(name, summary);
  }

  /** A new behaviour counts its scrapes from the start. */
  rewind(): void {
    this.#scrapes = 0;
    this.#started = Date.now();
  }

  /** The exposition text of this moment. */
  render(settings: Behaviour['metrics']): string {
    this.#scrapes += 1;
    if (this.#scrapes === settings.resetAtScrape) {
      this.#counters.clear();
      this.#summaries.clear();
    }
    const blocks = [
      ...this.#counterBlocks(settings),
      ...this.#summaryBlocks(settings.form === 'histograms'),
      ...Object.entries(settings.idle).map(([name, { sum, count }]) =>
        summaryBlock(name, { sum, count, samples: [] }),
      ),
    ];
    if (settings.form === 'sorted') blocks.sort();
    else shuffle(blocks);
    if (settings.form === 'help') {
      return blocks
        .map((block) => `# HELP ${block.split(' ')[2]} Counts \\ and "quotes"\\nover lines.\n${block}\n`)
        .join('');
    }
    const text = blocks.map((block) => `${block}\n`).join('');
    return settings.form === 'truncated' ? text.slice(0, Math.floor(text.length * 0.6)) : text;
  }

  #counterBlocks(settings: Behaviour['metrics']): string[] {
    const reset = settings.resetAtScrape !== undefined && this.#scrapes >= settings.resetAtScrape;
    const names = new Set([
      ...this.#counters.keys(),
      ...Object.keys(settings.base),
      ...Object.keys(settings.growth),
    ]);
    const blocks: string[] = [];
    for (const name of names) {
      const grown = (settings.growth[name] ?? 0) * (reset ? 0 : this.#scrapes);
      const base = reset ? 0 : (settings.base[name] ?? 0);
      blocks.push(`# TYPE ${name} counter\n${name} ${(this.#counters.get(name) ?? 0) + grown + base}\n`);
    }
    return blocks;
  }

  #summaryBlocks(histograms: boolean): string[] {
    const since = Math.max(Date.now() - WINDOW_MS, this.#started - WINDOW_MS);
    const blocks: string[] = [];
    for (const [name, summary] of this.#summaries) {
      summary.samples = summary.samples.filter((sample) => sample.at > since);
      blocks.push(histograms ? histogramBlock(name, summary) : summaryBlock(name, summary));
    }
    return blocks;
  }
}

function summaryBlock(name: string, { sum, count, samples }: Omit<Summary, 'within'>): string {
  const sorted = samples.map((sample) => sample.value).sort((a, b) => a - b);
  const lines = QUANTILES.map((quantile) => {
    const value = sorted[Math.max(0, Math.ceil(quantile * sorted.length) - 1)] ?? 0;
    return `${name}{quantile="${quantile}"} ${value}\n`;
  });
  return `# TYPE ${name} summary\n${lines.join('')}${name}_sum ${sum}\n${name}_count ${count}\n`;
}

function histogramBlock(name: string, { sum, count, within }: Summary): string {
  const lines = BUCKETS.map((bound, index) => `${name}_bucket{le="${bound}"} ${within[index]}\n`);
  return `# TYPE ${name} histogram\n${lines.join('')}${name}_bucket{le="+Inf"} ${count}\n${name}_sum ${sum}\n${name}_count ${count}\n`;
}

function shuffle(list: string[]): void {
  for (let index = list.length - 1; index > 0; index -= 1) {
    const other = Math.floor(Math.random() * (index + 1));
    [list[index], list[other]] = [list[other] as string, list[index] as string];
  }
}
