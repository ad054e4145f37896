/** How a task that has ended did so, read from the module. */
import { readRecords } from './many.js';
import { cancelled, failed, someFailed } from './outcome.js';
import { takeNote } from './protocol.js';
import { readState, readTotal } from './schema.js';

/**
 * @param {object} parts
 * @param {(worker: number) => number} parts.note address of a worker's note
 * @param {(code: number) => { name: string, text: string }} parts.status
 * @param {(task: object) => [string, unknown]} called what came of a call
 * @returns {(task: object) => [state: string, outcome: object]} what reads it, before the task is released
 */
export function endReader({ wasm, memory, note, status, called }) {
  const view = new DataView(memory.buffer);
  return (task) => {
    const { handle, kernel } = task;
    const helpers = wasm.filch_task_helpers(handle);
    const workers = [];
    for (let w = 0; helpers >>> w; w++) if ((helpers >>> w) & 1) workers.push(w);
    task.iterations = wasm.filch_task_done(handle);
    const ended = task.out ? performance.now() : wasm.filch_task_ended(handle);
    const began = wasm.filch_task_began(handle) || ended; // nobody has begun
    // Clocks of two threads may differ by their resolution.
    task.times = { queued: Math.max(0, began - task.posted), running: Math.max(0, ended - began) };
    const { name, text } = status(wasm.filch_task_status(handle));
    if (task.holds.called && (name === 'OK' || name === 'KERNEL_FAILED')) return called(task);
    if (name === 'OK') {
      const result = { iterations: task.iterations, workers, times: task.times };
      if (task.holds.many) {
        const { states, failures } = readRecords(task.holds.many);
        if (failures.length) return ['failed', someFailed(task, states, failures)];
        return ['done', { ...result, states }];
      }
      result.state = readState(kernel, view, wasm.filch_task_args(handle));
      if (kernel.total) result.total = readTotal(kernel, view, task.holds.totals.address);
      return ['done', result];
    }
    if (name === 'CANCELLED') return ['cancelled', cancelled(task)];
    const notes = workers.map((w) => takeNote(memory, note(w)));
    const chunk = [wasm.filch_task_failed_begin(handle), wasm.filch_task_failed_end(handle)];
    const end = {
      status: name,
      text,
      failure: wasm.filch_task_code(handle),
      range: kernel.kind === 'fork' ? [task.begin, task.end] : chunk,
      reason: name === 'KERNEL_TRAPPED' ? (notes.find(Boolean) ?? '') : '',
    };
    return ['failed', failed(task, end)];
  };
}
