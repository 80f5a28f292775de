import { RunbookError } from '../../../domain/errors.ts';
import type { NamedCluster } from '../../../domain/versions/cluster.ts';
import { type ChosenContext, chooseContext } from './kubeconfig/choose.ts';
import { nameOf, notesOf } from './kubeconfig/cluster-notes.ts';
import { type Credentials, credentialsOf } from './kubeconfig/credentials-of.ts';
import { askExecPlugin, assertPluginIsThere, type ExecCredential } from './kubeconfig/exec-plugin.ts';
import { type Environment, readKubeconfig } from './kubeconfig/files.ts';
import { withSignal } from './with-signal.ts';

/** Which cluster, and as whom: the part of a profile that decides the connection. */
export interface ClusterReference {
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** How long resolved credentials are used before token files and exec plugins are asked again, in milliseconds. */
const FRESH_MS = 30_000;
/** An exec plugin or identity provider that takes longer than this hangs, in milliseconds. */
const TIMEOUT_MS = 20_000;

/** Resolves kubeconfig, service account, exec plugins and OIDC as kubectl does. */
export interface ClusterCredentialSource {
  /** Credentials not older than 30 s. */
  current(signal: AbortSignal): Promise<Credentials>;
  /** Reads everything anew, for example after a 401. */
  renewed(signal: AbortSignal): Promise<Credentials>;
  /**
   * Reads the kubeconfig and its files again, because its server could not be connected to. Where it leads somewhere else
   * by now, or with other certificates, `current` has these then.
   */
  reread(signal: AbortSignal): Promise<void>;
}

/** The source as the target knows it. */
export interface ClusterSource extends ClusterCredentialSource {
  /** Reads the kubeconfig where that has not been done. @throws RunbookError `InvalidConfig`. */
  cluster(): Promise<NamedCluster>;
  /** As `cluster`, and reads the files that the kubeconfig names; asks no plugin and connects to nothing. */
  verify(): Promise<NamedCluster>;
  /** What an operator should know of the kubeconfig: that its current context is another one now, a new address. */
  notes(): Promise<readonly string[]>;
  /**
   * Told when the kubeconfig leads to another address from now on: what was seen of the old one may be of another cluster.
   * @returns ends that.
   */
  onMoved(listener: () => void): () => void;
}

/** How credentials are read; tests have a shorter time-out and plugins of their own. */
export interface CredentialOptions {
  readonly env: Environment;
  readonly timeoutMs?: number;
  /** Folder of a pod's service account; tests have their own. */
  readonly serviceAccount?: string;
  readonly askPlugin?: typeof askExecPlugin;
}

/**
 * The credentials of one context. Its name is fixed when the kubeconfig is first read: whoever makes another context the
 * current one for themselves does not point this worker at another cluster.
 */
export function createClusterCredentialSource(
  reference: ClusterReference,
  options: CredentialOptions = { env: process.env },
): ClusterSource {
  const { env, timeoutMs = TIMEOUT_MS, serviceAccount, askPlugin = askExecPlugin } = options;
  const { kubeconfig } = reference;
  /** What was read first; of it only the name of the context is kept to. */
  let first: NamedCluster | undefined;
  let used: Promise<ChosenContext> | undefined;
  let resolved: { readonly at: number; readonly value: Promise<Credentials> } | undefined;
  let given: ExecCredential | undefined;
  let renewing: Promise<Credentials> | undefined;
  let hasWorked = false;
  const listeners = new Set<() => void>();

  const read = async () => {
    const config = await readKubeconfig(kubeconfig, env);
    const context = first?.context ?? reference.context;
    const chosen = chooseContext(config, { kubeconfig, context, env, serviceAccount });
    return { config, chosen };
  };
  const chosen = () => {
    if (used) return used;
    const underWay = read().then((found) => found.chosen);
    used = underWay;
    underWay.then(
      (found) => {
        first ??= nameOf(found);
      },
      () => {
        if (used === underWay) used = undefined;
      },
    );
    return underWay;
  };
  const readAgain = async () => {
    try {
      return (await read()).chosen;
    } catch (error) {
      throw notNow(error as Error);
    }
  };

  const resolve = (context: Promise<ChosenContext>): Promise<Credentials> => {
    const late = new AbortController();
    const value = withTimeout(timeoutMs, late, async () => {
      const found = await context;
      const plugin = async () => {
        if (!given || (given.expiresAt !== undefined && given.expiresAt <= Date.now())) {
          given = undefined;
          given = await askPlugin(found, env, late.signal);
        }
        return given;
      };
      return credentialsOf(found, { env, plugin }).catch((error: Error) => {
        throw hasWorked ? notNow(error) : error;
      });
    });
    const mine = { at: performance.now(), value };
    resolved = mine;
    // What failed or hangs is asked anew by the next request.
    value.then(
      () => {
        hasWorked = true;
      },
      () => {
        if (resolved === mine) resolved = undefined;
      },
    );
    return value;
  };
  const adopt = (found: ChosenContext, before: ChosenContext | undefined) => {
    used = Promise.resolve(found);
    given = undefined;
    if (before && nameOf(before).server !== nameOf(found).server) for (const tell of listeners) tell();
  };

  return {
    onMoved(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async cluster() {
      return nameOf(await chosen());
    },
    async verify() {
      const found = await chosen();
      await Promise.all([
        credentialsOf(found, { env, plugin: async () => ({}) }),
        assertPluginIsThere(found, env),
      ]);
      return nameOf(found);
    },
    async notes() {
      const inUse = nameOf(await chosen());
      const { config, chosen: now } = await read().catch((error: Error) => ({
        config: error,
        chosen: undefined,
      }));
      if (config instanceof Error)
        return [`what was read of the kubeconfig before is used: ${config.message}`];
      return notesOf({
        isFixedByProfile: reference.context !== undefined,
        first: first ?? inUse,
        inUse,
        now: now && nameOf(now),
        currentContext: config.currentContext,
      });
    },
    current: (signal) => {
      const isFresh = resolved !== undefined && performance.now() - resolved.at < FRESH_MS;
      return withSignal(isFresh && resolved ? resolved.value : resolve(chosen()), signal);
    },
    renewed: (signal) => {
      // Whoever is refused meanwhile waits for the same.
      if (renewing) return withSignal(renewing, signal);
      const before = used;
      const again = first ? readAgain() : chosen();
      given = undefined;
      const renewed = again.then(async (found) => {
        adopt(found, await before?.catch(() => undefined));
        return found;
      });
      const value = resolve(renewed).finally(() => {
        renewing = undefined;
      });
      renewing = value;
      return withSignal(value, signal);
    },
    async reread(signal) {
      const before = await chosen();
      const now = await withSignal(readAgain(), signal);
      // Files that it names may have changed where it has not itself.
      resolved = undefined;
      if (JSON.stringify(now) !== JSON.stringify(before)) adopt(now, before);
    },
  };
}

/** A file that is being written, or gone for a moment, ends nothing that has worked before. */
function notNow(error: Error): Error {
  const isConfig = error instanceof RunbookError && error.type === 'InvalidConfig';
  return isConfig
    ? new RunbookError('Unreachable', `the kubeconfig cannot be used now: ${error.message}`)
    : error;
}

/** What the work gives, or an error when it takes longer; then the signal tells whoever works for it. */
async function withTimeout<T>(ms: number, late: AbortController, work: () => Promise<T>): Promise<T> {
  const seconds = Math.round(ms / 1000);
  const message = `no credentials for the cluster within ${seconds} s: the exec plugin or identity provider hangs`;
  const problem = new RunbookError('Unreachable', message);
  const timer = setTimeout(() => late.abort(problem), ms).unref();
  try {
    return await withSignal(work(), late.signal);
  } finally {
    clearTimeout(timer);
  }
}
