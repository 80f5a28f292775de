import { CONFIG_FOLDER, KEY_VARIABLE } from './service-config.ts';

/** The service that is rolled back. */
export const SERVICE = 'master-orchestrator';
export const COMPOSE_FILE = 'docker-compose.yml';
export const ENV_FILE = 'orchestrator.env';
/** Where the project has the orchestrator's config. */
export const CONFIG_TOML = 'config.toml';

export interface ProjectOptions {
  /** Registry, repository and tag of the orchestrator. */
  readonly image: string;
  readonly apiPort: number;
  readonly metricsPort: number;
  /** A second service: it must not notice anything. */
  readonly cache?: { readonly image: string; readonly apiPort: number; readonly metricsPort: number };
  /** Default: the engine asks every second. */
  readonly healthcheck?: boolean;
  /** The language model that it asks. */
  readonly provider?: string;
  /** The orchestrator's config, which is mounted then. Default: it has none. */
  readonly config?: string;
}

/** A Compose project as people write it, by its file names: comments, an env file, shared settings. */
export function composeProject(options: ProjectOptions): Record<string, string> {
  const { image, apiPort, metricsPort, cache, healthcheck = true, config, provider } = options;
  const volumes = `    volumes: ["./${CONFIG_TOML}:${CONFIG_FOLDER}/config.toml:ro"]\n`;
  return {
    [COMPOSE_FILE]: `# Production of the orchestrator.
# A release changes the tag below and nothing else in this file.
x-logging: &logging
  driver: json-file
  options: { max-size: "10m", max-file: "3" }

services:
  ${SERVICE}:
    image: ${image}   # the release
    restart: unless-stopped
    network_mode: host
    env_file: [${ENV_FILE}]
    environment:
      RUST_LOG: warn   # agents answer on their stdout: never below warn
      ORCH_API_PORT: "${apiPort}"
      ORCH_METRICS_PORT: "${metricsPort}"
${provider === undefined ? '' : `      ORCH_PROVIDER: ${provider}\n`}    stop_grace_period: 5s
${config === undefined ? '' : volumes}${healthcheck ? HEALTHCHECK : ''}    logging: *logging
${cache ? cacheService(cache) : ''}`,
    [ENV_FILE]: `# Read by the orchestrator when it starts.\nLLM_TIMEOUT_SECONDS=30\nPLAN_MAX_STEPS=12\n${config === undefined ? '' : `${KEY_VARIABLE}=of-the-sandbox\n`}`,
    ...(config === undefined ? {} : { [CONFIG_TOML]: config }),
  };
}

/** The compose file with another release, as somebody who deploys edits it. */
export function withTag(composeFile: string, tag: string): string {
  return composeFile.replace(/(image: (?:&\w+ )?\S+\/phoenix-orch:)[\w.-]+/, `$1${tag}`);
}

/** The env file with another time-out. */
export function withTimeout(envFile: string, seconds: number): string {
  return envFile.replace(/(LLM_TIMEOUT_SECONDS=)\d+/, `$1${seconds}`);
}

const HEALTHCHECK = `    healthcheck:
      test: ["CMD", "node", "/app/healthy.mjs"]
      interval: 1s
      timeout: 3s
`;

function cacheService({ image, apiPort, metricsPort }: NonNullable<ProjectOptions['cache']>): string {
  return `
  # Keeps answers between releases
  answer-cache:
    image: ${image}
    restart: unless-stopped
    network_mode: host
    environment: { RUST_LOG: warn, ORCH_API_PORT: "${apiPort}", ORCH_METRICS_PORT: "${metricsPort}" }
    logging: *logging
`;
}
