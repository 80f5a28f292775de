import { RunbookError } from '../../domain/errors.ts';
import {
  createRegistryClient,
  parseReference,
  type RegistryClient,
  type RegistryImage,
} from '../../registry/index.ts';
import { withinBudget } from '../within-budget.ts';
import type { WantedImage } from './images-of.ts';
import { type LoginSources, loginsFor } from './logins.ts';
import type { ImageSettings } from './settings.ts';

/** What the registry says of an image. */
export type RegistryAnswer =
  | {
      readonly kind: 'there';
      /** What is there: under the digest that was asked for, or under the tag by now. */
      readonly digest: string;
      /** What it is for, as `linux/amd64`; empty where that was not asked or could not be told. */
      readonly platforms: readonly string[];
    }
  | {
      readonly kind: 'gone';
      /** What is under its tag by now, when another image is. */
      readonly movedTo?: string;
    }
  | { readonly kind: 'refused'; readonly problem: string; readonly tried: readonly string[] }
  | { readonly kind: 'unanswered'; readonly problem: string }
  /** No registry is asked for it, by nobody. */
  | { readonly kind: 'never-pulled' }
  /** No registry can have it. */
  | { readonly kind: 'no-registry' };

export interface AskOptions {
  readonly settings: Pick<ImageSettings, 'credentials' | 'timeout'>;
  /** Whether its platforms are asked for too. */
  readonly withPlatforms: boolean;
}

/** Of one request; a registry that hangs is asked once more. */
const REQUEST_SHARE = 0.45;

/** Asks the registry of an image for it, by digest where that is known. Rejects only when the signal aborts. */
export async function askRegistry(
  wanted: WantedImage,
  sources: LoginSources,
  { settings, withPlatforms }: AskOptions,
  signal: AbortSignal,
): Promise<RegistryAnswer> {
  if (wanted.pull === 'never') return { kind: 'never-pulled' };
  // An image that the engine knows by its ID alone was never pushed: what a registry has under its tag is another one.
  if (wanted.isHere && wanted.digest === undefined) return { kind: 'no-registry' };
  const reference = parseReference(wanted.image);
  if (!reference) return { kind: 'no-registry' };
  const { logins, problems } = await loginsFor(reference, settings.credentials, sources, signal);
  const timeoutMs = Math.ceil(settings.timeout * REQUEST_SHARE);
  return withinBudget(settings.timeout, signal, async () => {
    const refusals: string[] = [];
    for (const { source } of logins) {
      const client = createRegistryClient({ credentials: source, timeoutMs });
      try {
        return { response: await askFor(client, reference, wanted, withPlatforms, signal), again: false };
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof RunbookError)) throw error;
        if (error.type !== 'AccessDenied') {
          const response: RegistryAnswer = { kind: 'unanswered', problem: saidOf(error, reference) };
          return { response, again: error.retryAfterMs ?? true };
        }
        refusals.push(saidOf(error, reference));
      }
    }
    const problem = [refusals.at(-1) ?? 'it wants a login', ...problems].join('; ');
    return { response: { kind: 'refused', problem, tried: logins.map(({ whose }) => whose) }, again: false };
  });
}

/** The image names its registry already. */
function saidOf({ message }: RunbookError, { registry, repository }: RegistryImage): string {
  return message.replace(`registry ${registry} (${repository}): `, 'its registry: ');
}

async function askFor(
  client: RegistryClient,
  reference: RegistryImage,
  { digest }: WantedImage,
  withPlatforms: boolean,
  signal: AbortSignal,
): Promise<RegistryAnswer> {
  const { tag = 'latest' } = reference;
  const found = await client.digestOf(reference, digest ?? tag, signal);
  if (found) {
    const platforms = withPlatforms ? await platformsOf(client, reference, found.digest, signal) : [];
    return { kind: 'there', digest: found.digest, platforms };
  }
  const moved = digest ? await client.digestOf(reference, tag, signal) : undefined;
  return { kind: 'gone', ...(moved ? { movedTo: moved.digest } : {}) };
}

/** Not being told them is no failure of the image. */
async function platformsOf(
  client: RegistryClient,
  reference: RegistryImage,
  digest: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  try {
    return await client.platformsOf(reference, digest, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof RunbookError) return [];
    throw error;
  }
}
