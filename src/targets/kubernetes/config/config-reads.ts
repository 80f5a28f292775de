import { isStatus } from '../api/api-error.ts';
import type { ApiTransport } from '../api/transport.ts';
import { type ConfigName, type ConfigReference, configName } from '../template/config-references.ts';
import type { ConfigObject } from './content.ts';
import { readObject } from './kept-config.ts';

/** An object that a template refers to: as it is, or why it is not known. */
export type HeldObject = ConfigObject | 'missing' | 'unread';

/** The ConfigMaps and Secrets that one step reads, each at most once and when it is first asked for. Held to the end of the step. */
export class ConfigReads {
  readonly #transport: ApiTransport;
  readonly #namespace: string;
  readonly #signal: AbortSignal;
  readonly #asked = new Map<ConfigName, Promise<ConfigObject>>();

  constructor(transport: ApiTransport, namespace: string, signal: AbortSignal) {
    this.#transport = transport;
    this.#namespace = namespace;
    this.#signal = signal;
  }

  /** The object with its content. @throws ApiError */
  read(reference: Pick<ConfigReference, 'kind' | 'name'>): Promise<ConfigObject> {
    const name = configName(reference);
    const asked =
      this.#asked.get(name) ?? readObject(this.#transport, this.#namespace, reference, this.#signal);
    this.#asked.set(name, asked);
    return asked;
  }

  /** The same, where one that is not there or may not be read is no failure. */
  async held(reference: Pick<ConfigReference, 'kind' | 'name'>): Promise<HeldObject> {
    try {
      return await this.read(reference);
    } catch (error) {
      if (isStatus(error, 404)) return 'missing';
      if (isStatus(error, 403)) return 'unread';
      throw error;
    }
  }
}
