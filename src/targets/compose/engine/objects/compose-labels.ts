/** One service of one Compose project. */
export interface ServiceName {
  readonly project: string;
  readonly service: string;
}

/** Labels that Compose (old and new) gives its containers. The old program writes paths as they were given to it. */
export const COMPOSE_LABEL = {
  project: 'com.docker.compose.project',
  service: 'com.docker.compose.service',
  oneOff: 'com.docker.compose.oneoff',
  number: 'com.docker.compose.container-number',
  configHash: 'com.docker.compose.config-hash',
  /** Absolute path of the project directory. */
  workingDirectory: 'com.docker.compose.project.working_dir',
  /** Paths of its files, between commas. */
  configFiles: 'com.docker.compose.project.config_files',
  /** Paths of `--env-file`, between commas; where it was given. */
  environmentFiles: 'com.docker.compose.project.environment_file',
  version: 'com.docker.compose.version',
} as const;
