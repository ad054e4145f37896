/**
 * Tasks that wait: events, and the owner's clock. The first event() of a page loads this. Owner's
 * thread only.
 */
import { ArgumentError, FilchError } from '../core/errors.js';
import { now, unrefTimeout } from '../core/platform.js';
import { show } from '../core/show.js';
import {
  EVENT_CLOSE,
  EVENT_OPEN,
  EVENT_PERMITS,
  EVENT_PULSE,
  EVENT_RESET,
  EVENT_TO_SET,
  EVENT_WAITING,
} from '../wasm/abi.js';

/** Permits of one call. */
const PERMITS_MOST = 2 ** 31 - 1;
/** Milliseconds of a timer, at most: a runtime that was closed is not kept for longer. */
const LOOK = 60_000;

/** What tasks wait for: an Event of index.d.ts. */
export class TaskEvent {
  #waits;

  constructor(waits, id, name) {
    this.#waits = waits;
    this.id = id;
    this.name = name;
    Object.freeze(this);
  }

  set() {
    this.#waits.tell(this, EVENT_TO_SET, 'set');
  }

  reset() {
    this.#waits.tell(this, EVENT_RESET, 'reset');
  }

  pulse(count = 1) {
    if (!Number.isInteger(count) || count < 1 || count > PERMITS_MOST) {
      throw new ArgumentError(
        `pulse() takes a whole number from 1 to ${PERMITS_MOST}, got ${show(count)}`,
      );
    }
    this.#waits.tell(this, EVENT_PULSE, 'pulse', count);
  }

  close() {
    this.#waits.close(this);
  }

  get permits() {
    return Math.max(0, this.#waits.ask(EVENT_PERMITS, this));
  }

  get isSet() {
    return this.#waits.ask(EVENT_PERMITS, this) === -1;
  }

  get isClosed() {
    return this.#waits.ask(EVENT_PERMITS, this) === -2;
  }

  get waiting() {
    return this.#waits.ask(EVENT_WAITING, this);
  }
}

export class Waits {
  #wasm;
  #work;
  #open;
  #named = new Map(); // name -> TaskEvent
  #isWaking = false; // at the end of this turn
  #timer;
  #at = 0; // when it fires

  /**
   * @param {object} parts work(soon): workers may have more to do; open() throws where the runtime
   *   is closed
   */
  constructor({ wasm, work, open }) {
    this.#wasm = wasm;
    this.#work = work;
    this.#open = open;
    // Workers notify the owner of an alarm as of a completion. So the owner looks when it has
    // reaped all there is.
    const reap = wasm.filch_host_reap;
    wasm.filch_host_reap = () => reap() || this.#look();
    wasm.filch_host_tell_time();
  }

  /**
   * An event of this name; or of a promise, a job say, which sets it, and if it rejects, closes it.
   */
  event(source) {
    const isPromise = typeof source?.then === 'function';
    if (!isPromise && typeof source !== 'string')
      throw new ArgumentError(`event() takes a name or a promise, got ${show(source)}`);
    const before = isPromise ? undefined : this.#named.get(source);
    if (before) return before;
    const id = this.#wasm.filch_host_event(EVENT_OPEN);
    if (!id)
      throw new FilchError('event(): there are too many; close() those that no task waits for', {
        code: 'TOO_MANY_EVENTS',
      });
    const event = new TaskEvent(this, id, isPromise ? '' : source);
    if (!isPromise) this.#named.set(source, event);
    // Foreign: what it throws is a rejection.
    else
      Promise.resolve(source).then(
        () => this.#settle(event, EVENT_TO_SET),
        () => this.#settle(event, EVENT_CLOSE),
      );
    return event;
  }

  /** Of a promise's event, or at its close: also where the runtime is closed, and no task waits. */
  #settle(event, how) {
    this.ask(how, event);
    this.#wake();
  }

  /** Does that to an event that is there. */
  tell(event, how, name, count) {
    this.#open();
    const isDone = this.ask(how, event, count);
    this.#open(); // the call may have trapped
    if (!isDone) throw new ArgumentError(`${name}(): the event ${show(event.name)} is closed`);
    this.#wake();
  }

  close(event) {
    if (this.#named.get(event.name) === event) this.#named.delete(event.name);
    this.#settle(event, EVENT_CLOSE);
  }

  ask(what, { id }, count) {
    return this.#wasm.filch_host_event(what, id, count);
  }

  /** Workers hear of all that becomes ready in this turn at once. */
  #wake() {
    if (this.#isWaking) return;
    this.#isWaking = true;
    queueMicrotask(() => {
      this.#isWaking = false;
      this.#wasm.filch_host_wake();
      this.#work(1);
    });
  }

  /** Sets the timer for the first wait whose time will be over. @returns {0} */
  #look() {
    const left = this.#wasm.filch_host_alarm();
    const at = now() + left;
    if (!left || (this.#timer && this.#at <= at)) return 0;
    clearTimeout(this.#timer);
    this.#at = at;
    this.#timer = unrefTimeout(Math.min(Math.ceil(left), LOOK), () => {
      this.#timer = undefined;
      this.#wasm.filch_host_ring();
      this.#wake();
      this.#look();
    });
    return 0;
  }
}
