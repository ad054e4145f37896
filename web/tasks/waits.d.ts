/** What a kernel in JavaScript has to wait with, in its first argument. */
export interface Waiting {
  /** What a sequential kernel returns to wait: for so many milliseconds, or for an event. */
  wait(asked: number | WaitOptions): Wait;
  /** How the wait before this chunk ended. undefined: there was none. */
  readonly waited?: 'event' | 'timeout' | 'closed';
}

/** One of these at least, `event` or `timeout`. */
export interface WaitOptions {
  /** The id of a WaitEvent. */
  event?: number;
  /** Milliseconds, at most (Infinity). */
  timeout?: number;
  /** Iterations of this chunk that are finished (0): the next chunk begins behind them. */
  done?: number;
}

declare const waits: unique symbol;

/** A kernel's result that makes its job wait. */
export interface Wait {
  readonly [waits]: true;
}

/**
 * What jobs wait for. Runtime.event(name) gives the event of this name, or a new one. It gives a
 * new one for a promise, a job say: set when the promise is fulfilled, closed when it rejects. Jobs
 * can wait from the first call on. There are at most 1023 events that are not closed: else the code
 * of the FilchError is TOO_MANY_EVENTS. Methods throw ArgumentError where it is closed, and
 * ClosedError.
 */
export interface WaitEvent {
  /** A kernel takes it as an argument of type u32. */
  readonly id: number;
  /** '': of a promise. */
  readonly name: string;
  /** Permits that no wait has taken. */
  readonly permits: number;
  readonly isSet: boolean;
  readonly isClosed: boolean;
  /** How many waits there are for it now. */
  readonly waiting: number;
  /** Lets `count` waits (1) pass: those that wait, in turn, then those that come. */
  pulse(count?: number): void;
  /** All waits pass, until reset(). */
  set(): void;
  /** Not set any more, and without permits. */
  reset(): void;
  /** Waits end as 'closed', now and later. May be called again. */
  close(): void;
}
