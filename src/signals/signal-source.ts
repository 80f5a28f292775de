import type { SignalDefinition, SignalReading } from '../domain/need/signals.ts';
import type { Instance } from '../domain/versions/pins.ts';

/** What a source is asked for. */
export interface SignalQuestion {
  /** How far back it is asked for, in ms since the epoch; the end is now. */
  readonly from: number;
  readonly to: number;
  /** The running instances of the service. */
  readonly instances: readonly Instance[];
  readonly signal: AbortSignal;
  /** False: no messages are sent, which the service would keep. Default: they are, where the profile has some. */
  readonly sendsChats?: boolean;
}

/** Something that numbers are read from. It never throws but when `signal` aborts: what it cannot tell is `no-data`. */
export interface SignalSource {
  read(definitions: readonly SignalDefinition[], question: SignalQuestion): Promise<readonly SignalReading[]>;
}
