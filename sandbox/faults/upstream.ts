import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { SeenRequest, WholeResponse } from './fault.ts';

/** The real server behind the proxy. */
export interface Upstream {
  /** The answer as it begins; its body is still to come. */
  send(request: SeenRequest, signal?: AbortSignal): Promise<IncomingMessage>;
  close(): void;
}

/** Headers of one connection (RFC 9110, section 7.6.1); `accept-encoding` goes too, so that bodies can be changed. */
const NOT_PASSED_ON = ['connection', 'keep-alive', 'transfer-encoding', 'host', 'accept-encoding', 'expect'];

/** @param ca certificate that an https server is trusted by. */
export function openUpstream(address: string, ca?: string): Upstream {
  const { protocol, origin } = new URL(address);
  const secure = protocol === 'https:';
  const agent = secure ? new HttpsAgent({ keepAlive: true, ca }) : new HttpAgent({ keepAlive: true });
  return {
    send: ({ method, path, headers, body }, signal) =>
      new Promise((resolve, reject) => {
        const options = { method, agent, headers: passedOn(headers), ...(signal ? { signal } : {}) };
        const call = (secure ? httpsRequest : httpRequest)(origin + path, options, resolve);
        call.on('error', reject);
        call.end(body.length > 0 ? body : undefined);
      }),
    close: () => agent.destroy(),
  };
}

/** Headers of a message as the other side may have them. */
export function passedOn(headers: IncomingMessage['headers']): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || NOT_PASSED_ON.includes(name) ? [] : [[name, value]],
    ),
  );
}

/** Reads an answer to its end. */
export async function wholeAnswer(message: IncomingMessage): Promise<WholeResponse> {
  const pieces: Buffer[] = [];
  for await (const piece of message) pieces.push(piece as Buffer);
  return {
    status: message.statusCode ?? 502,
    headers: passedOn(message.headers),
    body: Buffer.concat(pieces),
  };
}
