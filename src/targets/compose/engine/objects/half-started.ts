type Raw = Readonly<Record<string, unknown>>;

/**
 * True of a container whose start was cut off by the end of the engine's containerd, and of which the engine has heard
 * afterwards that it runs. The engine had given that start up: it has taken the file system, the log and the network of
 * the container away, so that every healthcheck ends with `OCI runtime exec failed` and nothing is ever logged. It is
 * `running` all the same, without an error.
 *
 * By its times it is known for sure: the engine notes when it starts a container, and notes nothing when it hears of a
 * start that it does not know as its own (moby, `ProcessEvent` and `SetRunning`). Such a container has never been
 * started, or not since it ended.
 * @param state `State` in the answer of `docker inspect`.
 */
export function isHalfStarted({
  Status: status,
  StartedAt: startedAt,
  FinishedAt: finishedAt,
}: Raw): boolean {
  // While its restart policy acts a container counts as running too, and has ended after its start.
  if (status !== 'running') return false;
  const started = timeOf(startedAt);
  return started < 0 || timeOf(finishedAt) > started;
}

/** The engine's word for never is in the year 1. */
function timeOf(value: unknown): number {
  return typeof value === 'string' ? Date.parse(value) : Number.NaN;
}
