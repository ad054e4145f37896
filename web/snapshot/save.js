/** Saves a task. The first save() of a page loads this. Owner's thread only. */
import { NotSavableError } from '../core/errors.js';
import { turn } from '../core/platform.js';
import { show } from '../core/show.js';
import { unsigned } from '../wasm/address.js';
import { signature } from '../wasm/schema.js';
import { encode } from './encode.js';
import { PAIR, print } from './format.js';

const isArray = ({ role }) => role === 'array' || role === 'option';

function refuse(task, reason) {
  throw new NotSavableError(
    `job ${task.id} (kernel ${show(task.shownKernel.name)}) cannot be saved: ${reason}`,
    {
      kernel: task.shownKernel.name,
      job: task.id,
      reason,
    },
  );
}

/** Throws NotSavableError for a task that cannot be saved, now or later. */
function checkSavable(task) {
  const { kernel, settled, state, resources } = task;
  if (resources.call) refuse(task, 'it is a call of a JavaScript function');
  if (resources.batch) refuse(task, 'postMany() posted it: post its loops one by one');
  if (kernel.kind === 'fork')
    refuse(task, 'what a kernel of kind "fork" has spawned stands on its workers\' stacks');
  if (kernel.total && !task.deterministic) {
    refuse(task, 'each worker has a part of its total, unless it is posted as "deterministic"');
  }
  if (settled)
    refuse(
      task,
      { done: 'it has finished', cancelled: 'it was cancelled', failed: 'it has failed' }[state],
    );
}

/** The pairs at an address; neighbours are joined. */
function readPieces(view, address, count) {
  const pieces = [];
  for (let at = address; at < address + count * PAIR; at += PAIR) {
    const [begin, end] = [view.getFloat64(at, true), view.getFloat64(at + 8, true)];
    const last = pieces.at(-1);
    if (last && last[1] === begin) last[1] = end;
    else pieces.push([begin, end]);
  }
  return pieces;
}

/** The pieces left of a task at rest. */
function piecesLeft(task, wasm, heap, view) {
  const { handle, begin, end } = task;
  const { pieces } = task.resources;
  if (task.state === 'queued')
    return pieces ? readPieces(view, pieces.block.address, pieces.count) : [[begin, end]];
  const most = wasm.filch_host_task_pieces(handle, 0, 0);
  if (!most) return [];
  const block = heap.reserve(most * PAIR, 'save(): a table');
  try {
    return readPieces(
      view,
      block.address,
      Math.min(most, wasm.filch_host_task_pieces(handle, block.address, most)),
    );
  } finally {
    heap.release(block);
  }
}

/** The arrays among a task's arguments, and the blocks that they lie in. */
function arraysOf(task, heap, buffer) {
  const arrays = {};
  const blocks = [];
  const numbers = new Map();
  for (const { name } of task.kernel.fields.filter(isArray)) {
    const array = task.args[name];
    if (!array) continue;
    // An empty array may stand where another block begins.
    const block = array.length ? heap.find(array) : array;
    if (!numbers.has(block)) {
      numbers.set(block, blocks.length);
      blocks.push(
        array.length ? new Uint8Array(buffer, block.address, block.size) : new Uint8Array(64),
      );
    }
    const offset = array.length ? array.byteOffset - block.address : 0;
    arrays[name] = {
      type: array[Symbol.toStringTag],
      length: array.length,
      block: numbers.get(block),
      offset,
    };
  }
  return { arrays, blocks };
}

/** A task at rest, for encode(). The blocks are the memory itself, not copies. */
function capture(task, { wasm, heap, memory }) {
  const { kernel, begin, end, deterministic } = task;
  const { totals } = task.resources;
  const view = new DataView(memory.buffer);
  const pieces = piecesLeft(task, wasm, heap, view).filter(([from, to]) => to > from);
  const left = pieces.reduce((sum, [from, to]) => sum + (to - from), 0);
  if (!left && begin < end) refuse(task, 'nothing of it is left to run');
  const done = end - begin - left;
  const queued = task.state === 'queued';
  const [from, at] = queued
    ? [new DataView(task.packed.buffer), 0]
    : [view, unsigned(wasm.filch_host_task_args(task.handle))];
  const values = {};
  for (const field of kernel.fields) {
    if (!isArray(field)) values[field.name] = print(field.get.call(from, at + field.offset, true));
  }
  const { arrays, blocks } = arraysOf(task, heap, memory.buffer);
  const sizes = blocks.map((block) => block.length);
  const parts = totals && done ? wasm.filch_host_total_parts(end - begin, 1) : 0;
  if (parts) blocks.push(new Uint8Array(memory.buffer, totals.address, parts * kernel.total.bytes));
  const schema = signature(kernel);
  const range = [begin, end];
  return {
    header: { schema, range, pieces, done, deterministic, values, arrays, blocks: sizes, parts },
    blocks,
  };
}

/**
 * Throws NotSavableError, OutOfMemoryError.
 *
 * @param {object} task is paused
 * @param {object} parts as of capture(); atRest(task): a promise that no worker runs the task;
 *   hasBegun(task)
 * @returns {Promise<Uint8Array>}
 */
export async function save(task, parts) {
  checkSavable(task);
  await parts.atRest(task);
  checkSavable(task);
  if (task.dependencies.some((dependency) => !dependency.settled) && !parts.hasBegun(task))
    refuse(task, 'it waits for other jobs');
  if (parts.wasm.filch_host_task_waits(task.handle))
    refuse(task, 'it waits for an event or a time');
  const { header, blocks } = capture(task, parts);
  // After the task has settled its memory may be another task's.
  return encode(header, blocks, () => turn().then(() => checkSavable(task)));
}
