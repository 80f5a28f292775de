import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A loopback address in front of pods: what kube-proxy does for a Service. */
export interface ServiceForwarder {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Spreads connections in turn over the addresses that are ready when each comes in. */
export async function forward(addresses: () => readonly string[], port: number): Promise<ServiceForwarder> {
  const open = new Set<Socket>();
  let turn = 0;
  const server = createServer((incoming) => {
    const ready = addresses();
    const address = ready[turn % Math.max(1, ready.length)];
    turn += 1;
    open.add(incoming);
    incoming.on('close', () => open.delete(incoming));
    incoming.on('error', () => incoming.destroy());
    if (!address) {
      incoming.resetAndDestroy();
      return;
    }
    const outgoing = connect(port, address);
    outgoing.on('error', () => incoming.destroy());
    outgoing.on('close', () => incoming.destroy());
    incoming.on('close', () => outgoing.destroy());
    incoming.pipe(outgoing).pipe(incoming);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port: own } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${own}`,
    port: own,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}
