import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** A request as the proxy received it. */
export interface SeenRequest {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A whole answer of the real server, or one made in its place. */
export interface WholeResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Buffer;
}

/** One request between its client and the real server, and what a fault can do with it. */
export interface Intercepted {
  readonly request: SeenRequest;
  /** The client's connection. */
  readonly socket: Socket;
  readonly response: ServerResponse;
  /** Sends the request to the real server and reads its whole answer, whether or not the client still waits. */
  ask(): Promise<WholeResponse>;
  /** Sends the request to the real server and streams its answer to the client, each piece through `change`. */
  pass(change?: (piece: Buffer) => Buffer): Promise<void>;
  /** Answers the client. */
  reply(answer: WholeResponse): void;
  /** Refuses new connections and drops all there are, for this many milliseconds. */
  goDown(ms: number): void;
}

/** What is done to a request. A fault that neither answers nor passes on leaves the client without an answer. */
export type Fault = (intercepted: Intercepted) => void | Promise<void>;

/** Which requests a fault is for. */
export interface Match {
  /** Default: any. */
  readonly method?: string;
  /** Tested against path and query. Default: any. */
  readonly path?: RegExp;
  /** Matching requests that are left alone first. Default 0. */
  readonly skip?: number;
  /** Matching requests that are hurt after those. Default: all. */
  readonly times?: number;
}
