import { type LocateOptions, ToolMissing } from '../../tools/index.ts';
import { SandboxUnavailable } from '../node-agent/network.ts';
import { locateNeededPrograms } from './programs.ts';

/**
 * Why this machine has no Compose host, in a sentence, for the title of what is skipped; nothing when it has one.
 * @throws SandboxUnavailable, ToolMissing in CI, where every machine must have one and nothing is skipped.
 */
export async function composeHostProblem(options: LocateOptions = {}): Promise<string | undefined> {
  try {
    await locateNeededPrograms(options);
    return undefined;
  } catch (error) {
    if (process.env.CI) throw error;
    if (error instanceof SandboxUnavailable) return error.message;
    if (!(error instanceof ToolMissing)) throw error;
    return error.missing.map(({ tool, tried }) => `${tool} cannot be had (${tried.at(-1)})`).join(', ');
  }
}
