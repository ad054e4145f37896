/**
 * Calls that run: their messages, their outcomes, and those that go on when their jobs have
 * settled. The first call() of a runtime loads this while the workers import its module. Owner's
 * thread only.
 */
import { ArgumentError, CorruptError, PluginError } from '../core/errors.js';
import { textOf } from '../core/guard.js';
import { fromBytes } from '../memory/clone-reader.js';
import { ABSENT, ARGUMENTS_LOST, GAVE, HEAD, OWN, UNFIT } from '../workers/call-block.js';
import { ARGUMENTS } from '../workers/protocol.js';
import { cancelled, jobError, workerLost } from './failures.js';
import { StoppedCalls } from './stopped-calls.js';

/** Classes of errors that a worker names. */
const CLASSES = { [UNFIT]: PluginError, [ARGUMENTS_LOST]: ArgumentError };
const UNREAD = ': its result cannot be read on this thread';
const NO_CODE = ': its worker could not load the script workers/callee.js of Filch';

export class RunningCalls {
  #memory;
  #calls;

  answers;
  stopped;

  /** @param {object} parts as of StoppedCalls and Answers */
  constructor(parts) {
    this.#memory = parts.memory;
    this.#calls = parts.calls;
    this.stopped = new StoppedCalls(parts);
    this.answers = new Answers({ ...parts, stopped: this.stopped, send });
  }

  /** The outcome of a call that has ended, or was cancelled before its answer came. */
  read(task) {
    const { resources, answer } = task;
    const { buffer } = this.#memory;
    const { source } = resources.call;
    if (resources.call.denied || this.#calls.awaitsAnswer(task))
      return ['cancelled', cancelled(task)];
    const unfit = (text) => ['failed', jobError(PluginError, task, text, { source })];
    if (answer?.isSent) return unfit(UNREAD);
    if (answer && !answer.bytes) return ['done', answer.value];
    const { address, size } = resources.call.block;
    const [inBlock, length] = new Uint32Array(buffer, address, 2);
    const { how, bytes } = answer ?? { how: inBlock };
    if (how === ABSENT) return unfit(NO_CODE);
    const body = new Uint8Array(buffer, address + HEAD, Math.min(length, size - HEAD));
    try {
      const isOwn = how === OWN;
      const value = fromBytes(bytes ?? body.slice(), buffer, isOwn ? CLASSES : undefined);
      if (how === GAVE) return ['done', value[0]];
      if (isOwn && value instanceof PluginError) value.source = source;
      return ['failed', value];
    } catch (cause) {
      const text = `: its answer cannot be read: ${cause.message}`;
      return ['failed', jobError(CorruptError, task, text, { cause })];
    }
  }
}

/** The callee asks for arguments: of a task, or of none if that has settled. */
function send(task, reply) {
  const call = task?.resources.call;
  const post = (message, transfer) => reply({ type: ARGUMENTS, ...message }, transfer);
  if (!call?.parcel || task.cancelled) {
    if (task?.cancelled) call.denied = true;
    return post({}, []);
  }
  const { parcel } = call;
  call.parcel = undefined;
  try {
    post(parcel.message, parcel.transfer);
  } catch (error) {
    post({ reason: textOf(error) }, []);
  }
}

/** Answers of calls whose functions went on when their kernel had returned. */
class Answers {
  #parts;

  /**
   * @param {object} parts send(task, reply) sends arguments; settle(task, state, outcome): see
   *   scheduler.js; finds more to post
   */
  constructor(parts) {
    this.#parts = parts;
  }

  /**
   * A callee's message: its answer, or it asks for arguments.
   *
   * @param {(message: object, transfer: object[]) => void} reply to the callee
   */
  came(answer, reply) {
    const task = this.#parts.slots.tasks.find(({ id }) => id === answer.job);
    if (answer.asks) return this.#parts.send(task, reply);
    if (!task) return this.#parts.stopped.ended(answer.job);
    if (task.answer) return undefined;
    task.answer = answer;
    if (task.awaitsAnswer) this.#parts.settle(task);
  }

  /** The answer does not come. */
  giveUp(task, error) {
    if (!task.answer) this.#parts.settle(task, 'failed', error);
  }

  /** Whether functions go on in the worker, although it is in no task. */
  has(worker) {
    return this.#of(worker).length > 0 || this.#parts.stopped.has(worker);
  }

  /** The worker has ended, and with it its functions. */
  lost(worker) {
    for (const task of this.#of(worker))
      this.#parts.settle(task, 'failed', workerLost(task, 'the worker that ran it has ended'));
    this.#parts.stopped.lost(worker);
  }

  #of(worker) {
    const { slots, completions } = this.#parts;
    return slots.tasks.filter((task) => task.awaitsAnswer && completions.wasRunBy(task, worker));
  }
}
