/** How a command's connection to Temporal differs from gRPC's defaults. */
export const CHANNEL = {
  // Somebody waits before the screen for a server that restarts: gRPC's own pauses grow to two minutes.
  'grpc.max_reconnect_backoff_ms': 2000,
  // A page of a history may be larger than the 4 MB that gRPC takes by itself.
  'grpc.max_receive_message_length': 256 * 1024 * 1024,
};
