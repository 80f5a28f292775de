/** One service of one Compose project. */
export interface ServiceName {
  readonly project: string;
  readonly service: string;
}

/** Labels that Compose (old and new) gives its containers. */
export const COMPOSE_LABEL = {
  project: 'com.docker.compose.project',
  service: 'com.docker.compose.service',
  oneOff: 'com.docker.compose.oneoff',
  configFiles: 'com.docker.compose.project.config_files',
} as const;
