import { type LocateOptions, locateTools, PROMETHEUS_TOOL_NAMES, ToolMissing } from '../../tools/index.ts';

/** Paths of the programs. */
export interface PrometheusPrograms {
  readonly prometheus: string;
  readonly promtool: string;
}

/**
 * Finds Prometheus and its tool, or downloads them.
 * @throws ToolMissing when they cannot be had.
 */
export async function locatePrometheusPrograms(options: LocateOptions = {}): Promise<PrometheusPrograms> {
  const { prometheus, promtool } = await locateTools(PROMETHEUS_TOOL_NAMES, options);
  return { prometheus: prometheus.path, promtool: promtool.path };
}

/**
 * Why this machine has no Prometheus, in a sentence, for the title of what is skipped; nothing when it has one.
 * @throws ToolMissing in CI, where every machine must have one and nothing is skipped.
 */
export async function prometheusProblem(options: LocateOptions = {}): Promise<string | undefined> {
  try {
    await locatePrometheusPrograms(options);
    return undefined;
  } catch (error) {
    if (process.env.CI || !(error instanceof ToolMissing)) throw error;
    return error.missing.map(({ tool, tried }) => `${tool} cannot be had (${tried.at(-1)})`).join(', ');
  }
}
