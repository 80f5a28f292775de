import type { Fault } from './fault.ts';

/** The connection is closed before anything is answered. */
export const hangUp: Fault = ({ socket }) => void socket.destroy();

/** The connection is reset (RST) after the request was read. */
export const reset: Fault = ({ socket }) => void socket.resetAndDestroy();

/** The request is taken, and nothing ever comes back. */
export const hang: Fault = () => undefined;

/** Connections are refused for this many milliseconds from the request on, and those there are break. */
export function refuse(ms: number): Fault {
  return ({ goDown }) => goDown(ms);
}
