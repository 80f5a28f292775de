import { createServer } from 'node:net';

/** The sandbox cannot be had on this machine, and why. */
export class SandboxUnavailable extends Error {
  override readonly name = 'SandboxUnavailable';
}

/** Every sandbox takes its pod addresses from a network of its own inside 127.0.0.0/8: its first three numbers. */
export function podNetwork(): string {
  return `127.${10 + Math.floor(Math.random() * 200)}.${Math.floor(Math.random() * 250)}`;
}

/**
 * Makes sure, before minutes are spent on programs, that pods can have addresses of their own here. Linux answers to
 * the whole of 127.0.0.0/8, macOS to 127.0.0.1 alone.
 * @throws SandboxUnavailable when they cannot.
 */
export async function expectPodAddresses(address = `${podNetwork()}.2`): Promise<void> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: address, port: 0, exclusive: true }, resolve);
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new SandboxUnavailable(
      `The sandbox gives every pod an address of its own in 127.0.0.0/8, and this machine has no ${address} (${code}): sandbox and demo need Linux for now.`,
    );
  } finally {
    server.close();
  }
}
