import { setTimeout as pause } from 'node:timers/promises';
import type { Fault, WholeResponse } from './fault.ts';

/** An answer in place of the real one. */
export function answer(status: number, body = '', headers: Readonly<Record<string, string>> = {}): Fault {
  return ({ reply }) => reply({ status, headers, body: Buffer.from(body) });
}

/** A page for people, as a proxy or login page shows it. */
export const html: Fault = answer(200, '<!doctype html><title>Sign in</title><form></form>', {
  'content-type': 'text/html; charset=utf-8',
});

/** A redirect to another path of the same server, which redirects again when it is followed through this proxy. */
export function redirect(location: string): Fault {
  return answer(302, '', { location });
}

/** The real answer, whole in its headers and cut in the middle of its JSON. */
export const brokenJson: Fault = async ({ ask, reply }) => reply(changed(await ask(), cutInHalf));

/** The real answer with every value of another type than it has; where it is no JSON, every number is a word. */
export const wrongTypes: Fault = async ({ ask, reply }) => reply(changed(await ask(), otherTypes));

/** The real answer, a byte at a time. */
export function drip(everyMs: number): Fault {
  return async ({ ask, response }) => {
    const { status, headers, body } = await ask();
    response.writeHead(status, headers as never);
    for (const byte of body) {
      if (response.destroyed) return;
      response.write(Buffer.of(byte));
      await pause(everyMs);
    }
    response.end();
  };
}

/**
 * An answer of this many bytes, sent as fast as the client takes it.
 * @param taken told how many bytes left this process when the client had enough.
 */
export function huge(bytes: number, taken: (bytes: number) => void = () => undefined): Fault {
  const piece = Buffer.alloc(64 * 1024, ' ');
  return async ({ response, socket }) => {
    const before = socket.bytesWritten;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write('{');
    for (let sent = 0; sent < bytes && !response.destroyed; sent += piece.length) {
      if (!response.write(piece)) await drained(response);
    }
    taken(socket.bytesWritten - before);
    response.end('}');
  };
}

function drained(response: Parameters<Fault>[0]['response']): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.removeListener('drain', done).removeListener('close', done);
      resolve();
    };
    response.once('drain', done).once('close', done);
  });
}

function changed({ status, headers, body }: WholeResponse, change: (body: Buffer) => Buffer): WholeResponse {
  const { 'content-length': _length, ...rest } = headers;
  return { status, headers: rest, body: change(body) };
}

function cutInHalf(body: Buffer): Buffer {
  return body.subarray(0, Math.ceil(body.length / 2));
}

function otherTypes(body: Buffer): Buffer {
  const text = body.toString();
  const isJson = /^\s*[[{]/.test(text);
  return Buffer.from(
    isJson ? JSON.stringify(otherType(JSON.parse(text))) : text.replace(/(?<= )[\d.]+$/gm, 'many'),
  );
}

/** Objects and lists stay what they are, so that every field is there; what they hold is of another type. */
function otherType(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(otherType);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, held]) => [name, otherType(held)]));
  return typeof value === 'string' ? 7 : { was: String(value) };
}
