import { withoutAddresses } from '../../../domain/without-addresses.ts';
import { ApiError, capped, isStatus } from '../api/api-error.ts';
import type { Resource } from '../api/resources.ts';
import type { ApiTransport } from '../api/transport.ts';

/** What was read, or why it is not known. */
export type Seen<T> = { readonly is: T } | { readonly unread: Unread };

/** Why something is not known. */
export interface Unread {
  /** `the worker may not list resourcequotas`. */
  readonly says: string;
  /** Whether it is for want of a right. */
  readonly isDenied: boolean;
}

/** Where the rights are that all of this takes; the file has a place for the namespace. */
export const GRANT = 'kubectl apply -f deploy/rbac-preconditions.yaml';

/** Reads for one call: a few requests, each within the time and size limits of the transport. */
export class ObstacleReads {
  readonly #transport: ApiTransport;
  readonly #namespace: string;
  readonly #signal: AbortSignal;

  constructor(transport: ApiTransport, namespace: string, signal: AbortSignal) {
    this.#transport = transport;
    this.#namespace = namespace;
    this.#signal = signal;
  }

  /** All of a kind in the namespace, or in the cluster where it is in none. None of a kind that the API server does not have. */
  list<T>(
    resource: Resource,
    query?: Readonly<Record<string, string>>,
    accept?: string,
  ): Promise<Seen<readonly T[]>> {
    const address = { resource, namespace: this.#namespace, ...(query ? { query } : {}) };
    const listed = async () => (await this.#transport.list<T>(address, this.#signal, accept)).items;
    return this.#seen(`list ${resource}`, listed, []);
  }

  /** One object; undefined where there is none. @param namespace default: the service's. */
  get<T>(resource: Resource, name: string, namespace = this.#namespace): Promise<Seen<T | undefined>> {
    const where = namespace === this.#namespace ? '' : ` in namespace ${namespace}`;
    const got = () => this.#transport.get<T>({ resource, namespace, name }, this.#signal);
    return this.#seen<T | undefined>(`get ${resource}/${name}${where}`, got, undefined);
  }

  /** What is not answered is not known. Credentials that nobody accepts are no matter of one request. */
  async #seen<T>(what: string, read: () => Promise<T>, missing: T): Promise<Seen<T>> {
    try {
      return { is: await read() };
    } catch (error) {
      if (isStatus(error, 404)) return { is: missing };
      if (isStatus(error, 403)) return { unread: { says: `the worker may not ${what}`, isDenied: true } };
      if (!(error instanceof ApiError) || error.code === 401) throw error;
      return {
        unread: {
          says: `could not ${what}: ${capped(withoutAddresses(error.message), 200)}`,
          isDenied: false,
        },
      };
    }
  }
}

/** What was not read of several things. */
export function unreadOf(seen: readonly Seen<unknown>[]): readonly Unread[] {
  return seen.flatMap((one) => ('unread' in one ? [one.unread] : []));
}

/** What was read, or nothing. */
export function known<T>(seen: Seen<readonly T[]>): readonly T[] {
  return 'is' in seen ? seen.is : [];
}
