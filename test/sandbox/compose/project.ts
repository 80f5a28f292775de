import type { ComposeHost } from '../../../sandbox/compose/index.ts';

/** A compose file of the stand-in in some version, on free ports. */
export async function standIn(
  host: ComposeHost,
  version: string,
): Promise<{ readonly text: string; readonly port: number }> {
  const [port, metricsPort] = [await host.freePort(), await host.freePort()];
  const text = `services:
  orchestrator:
    image: ${host.images.repository}:${version}
    network_mode: host
    environment:
      ORCH_API_PORT: "${port}"
      ORCH_METRICS_PORT: "${metricsPort}"
      RUST_LOG: warn
    healthcheck:
      test: ["CMD", "node", "/app/healthy.mjs"]
      interval: 1s
`;
  return { text, port };
}
