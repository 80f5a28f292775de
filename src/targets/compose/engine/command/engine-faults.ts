/** What an engine says when it failed itself, and not what it was asked to start, stop or run. */

/**
 * What an engine says whose containerd was restarted under it: it has carried out nothing, or lost track of it. A
 * container's process that has ended meanwhile is a zombie until the engine has found it again.
 */
const CONTAINERD_LOST =
  /while dialing:? dial unix|transport is closing|error reading from server: EOF|ttrpc: closed|client connection is closing|: unavailable$|PID \d+ is zombie and can not be killed/im;

/** What an engine says of a container that it cannot end, or has not ended yet: nothing about the one that is to follow. */
const NOT_ENDED =
  /cannot (?:stop|kill) container|could not kill (?:running )?container|did not receive an exit event|cannot remove a running container|removal of container \S+ is already in progress/i;

/**
 * What an engine says that was cut off from its containerd in the middle of a start: there is something of this start
 * still, which neither of the two takes for its own. The container never starts; one made anew does (moby/moby#36145).
 */
const LEFT_BEHIND =
  /(?:task|container) "?[0-9a-f]+"?: already exists|container with id exists|(?:^|daemon: )id already in use\s*$|io\.containerd\.runtime\S*: file exists/im;

/** The process of such a start may run its program: an engine tidies up what is left of most others. */
const RUNS_UNHEARD_OF = /(?:^|daemon: )id already in use\s*$/im;

export const ENGINE_FAULTS = [CONTAINERD_LOST, NOT_ENDED, LEFT_BEHIND] as const;

/**
 * True when by these words the engine, not the new container, is what failed: it had no containerd for a moment, could
 * not end the old container, or stumbles over what it left behind. Nothing else says it like this: the engine need not
 * be asked.
 */
export function isFaultOfEngine(said: string): boolean {
  return ENGINE_FAULTS.some((fault) => fault.test(said));
}

/** True when by these words it had no containerd. */
export function hasLostContainerd(said: string): boolean {
  return CONTAINERD_LOST.test(said);
}

/** True of the error of a container that the engine will never start, whatever it is. Another one must be made. */
export function isLeftBehind(error: string): boolean {
  return LEFT_BEHIND.test(error);
}

/** True of the error of a container whose program may run, which the engine cannot end before it has heard of it. */
export function runsUnheardOf(error: string): boolean {
  return RUNS_UNHEARD_OF.test(error);
}
