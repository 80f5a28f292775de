/** Ctrl-C reaches the whole terminal, and ended a command of ours before us: nothing else is to be tried. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';

  constructor(command: string) {
    super(`${command} was interrupted`);
  }
}
