import { RunbookError } from '../../domain/errors.ts';
import {
  createRegistryClient,
  parseReference,
  type RegistryClient,
  type RegistryCredentialSource,
  type RegistryImage,
} from '../../registry/index.ts';
import { type Attempt, withinBudget } from '../within-budget.ts';
import type { WantedImage } from './images-of.ts';
import { type KnownLogins, type LoginSources, loginsFor } from './logins.ts';
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
  | {
      readonly kind: 'refused';
      readonly problem: string;
      readonly tried: readonly string[];
      readonly remedy?: string;
    }
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
/** Less time than this is left to no further login, in ms. */
const LEAST_MS = 200;

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
  const known = await loginsFor(reference, settings.credentials, sources, signal);
  const timeoutMs = Math.ceil(settings.timeout * REQUEST_SHARE);
  const ask = (client: RegistryClient) => askFor(client, reference, wanted, withPlatforms, signal);
  return withinBudget(settings.timeout, signal, (left) =>
    askWithEach(known, reference, { ask, timeoutMs, left }, signal),
  );
}

interface Asking {
  readonly ask: (client: RegistryClient) => Promise<RegistryAnswer>;
  /** Of one request. */
  readonly timeoutMs: number;
  /** For all logins together, in ms. */
  readonly left: number;
}

/**
 * The first login that sees the image decides. A registry hides behind "not found" what a login may not see (Docker Hub, GHCR,
 * Harbor), so that the image is gone only where each login was answered that, and all of them are known.
 */
async function askWithEach(
  { logins, problems, remedy }: KnownLogins,
  reference: RegistryImage,
  { ask, timeoutMs, left }: Asking,
  signal: AbortSignal,
): Promise<Attempt<RegistryAnswer>> {
  const until = performance.now() + left;
  const refusals: string[] = [];
  let gone: RegistryAnswer | undefined;
  let unanswered: Attempt<RegistryAnswer> | undefined;
  for (const [index, { source }] of logins.entries()) {
    const rest = Math.ceil(until - performance.now());
    if (index > 0 && rest < LEAST_MS) break;
    const limited = index === 0 ? timeoutMs : Math.min(timeoutMs, rest);
    const client = createRegistryClient({ credentials: source, timeoutMs: limited });
    try {
      const response = await ask(client);
      if (response.kind !== 'gone') return { response, again: false };
      gone ??= response;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof RunbookError)) throw error;
      const problem = saidOf(error, reference);
      if (error.type !== 'AccessDenied') {
        unanswered ??= { response: { kind: 'unanswered', problem }, again: error.retryAfterMs ?? true };
      } else if (gone === undefined || !(await isNobody(source, reference, signal))) refusals.push(problem);
    }
  }
  if (unanswered) return unanswered;
  if (gone && refusals.length + problems.length === 0) return { response: gone, again: false };
  const hidden = 'its registry does not show it to what was tried';
  const problem = [refusals.at(-1) ?? (gone ? hidden : 'it wants a login'), ...problems].join('; ');
  const tried = logins.map(({ whose }) => whose);
  const helps = remedy === undefined ? {} : { remedy };
  return { response: { kind: 'refused', problem, tried, ...helps }, again: false };
}

/** That a private registry refuses whoever has no login says nothing where a login was answered. */
async function isNobody(
  source: RegistryCredentialSource,
  { registry }: RegistryImage,
  signal: AbortSignal,
): Promise<boolean> {
  const found = await source.find(registry, signal);
  return found.kind === 'anonymous' && !found.problem;
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
