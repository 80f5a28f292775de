/** Compose files of the tests. */

/** The text of a compose file for an image. */
export type ComposeText = (image: string, tag: string) => string;

/** The service that is rolled back. */
export const NAME = 'orchestrator';

/** A program that does nothing, and ends when it is asked to: as process 1 it would not by itself. */
export const RUNS = "process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1e6);";

/** An entrypoint that runs a script in the image's Node. `$` would be a variable to Compose. */
export function runs(script: string): string {
  return `entrypoint: ${JSON.stringify(['node', '-e', script]).replaceAll('$', '$$$$')}`;
}

/** Lines of a service that starts in no time and does nothing. */
export const QUIET = `    network_mode: host
    ${runs(RUNS)}
`;

export const quiet: ComposeText = (image) => `# The phoenix project
services:
  ${NAME}:
    image: ${image} # the release
${QUIET}`;

/** As above, with more lines of the service: `    env_file: app.env\n`. */
export const quietWith =
  (lines: string): ComposeText =>
  (image, tag) =>
    quiet(image, tag) + lines;

/** A service that plays its image's behaviour: `good` runs, every other word is what the given script makes of it. */
export const playing =
  (bad: string, lines = ''): ComposeText =>
  (image) =>
    `services:
  ${NAME}:
    image: ${image}
    network_mode: host
    ${runs(`if (process.env.ORCH_BEHAVIOUR !== 'good') { ${bad} } else { ${RUNS} }`)}
${lines}`;
