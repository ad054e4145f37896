// The records between JavaScript and C: the copy checks each field of a submission, and a
// completion is one record.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { findCodec } from '../../../web/core/text.js';
import * as abi from '../../../web/wasm/abi.js';
import { unsigned } from '../../../web/wasm/address.js';
import { instantiate, names, textReader } from '../../../web/wasm/module.js';
import { readKernels } from '../../../web/wasm/schema.js';
import { bareMemory, builds, moduleOf } from '../helpers.mjs';

/** A module with one worker, which this thread runs, and its records. */
async function start(file) {
  await findCodec();
  const module = await moduleOf(file);
  const { memory, place, end } = bareMemory(module, 2 ** 24);
  const does = { notify: () => {}, call: () => 0 };
  const wasm = await instantiate(module, memory, does, place);
  assert.equal(wasm.filch_host_attach(1, 4, 65536, end) || wasm.filch_host_init(), 0);
  const text = textReader(memory);
  const { kernels } = readKernels(wasm, text);
  const statuses = names((i) => text(wasm.filch_host_status_name(i)));
  const submission = new DataView(
    memory.buffer,
    unsigned(wasm.filch_host_submission()),
    abi.SUBMISSION_BYTES,
  );
  const completion = new DataView(
    memory.buffer,
    unsigned(wasm.filch_host_completion()),
    abi.COMPLETION_BYTES,
  );
  /** Submits a loop whose record `change` changes. Gives the handle, or the status's name. */
  const submit = (kernel, end, change = () => {}) => {
    for (let at = 0; at < abi.SUBMISSION_BYTES; at++) submission.setUint8(at, 0);
    submission.setFloat64(abi.SUBMISSION_END, end, true);
    submission.setUint32(abi.SUBMISSION_KERNEL, kernels.get(kernel).index, true);
    change(submission);
    const handle = wasm.filch_host_submit();
    return handle > 0 ? handle : statuses[-handle];
  };
  const run = () => {
    wasm.filch_host_worker_enter(wasm.filch_host_stack_top(0));
    while (wasm.filch_host_worker_slice(0, 1000));
  };
  return { wasm, kernels, statuses, submit, run, completion, end };
}

for (const file of builds) {
  test(`a bad field of a submission is refused, and nothing is lost [${file}]`, async () => {
    const { wasm, submit, run, end } = await start(file);
    const number = (offset, value) => (record) => record.setFloat64(offset, value, true);
    const word = (offset, value) => (record) => record.setUint32(offset, value, true);
    const bad = [
      ['BAD_RANGE', number(abi.SUBMISSION_BEGIN, -1)],
      ['BAD_RANGE', number(abi.SUBMISSION_BEGIN, 0.5)],
      ['BAD_RANGE', number(abi.SUBMISSION_BEGIN, 11)],
      ['BAD_RANGE', number(abi.SUBMISSION_END, 2 ** 53)],
      ['BAD_RANGE', number(abi.SUBMISSION_END, NaN)],
      ['UNKNOWN_KERNEL', word(abi.SUBMISSION_KERNEL, 255)],
      ['UNKNOWN_KERNEL', word(abi.SUBMISSION_KERNEL, 2 ** 32 - 1)],
      ['BAD_ARGUMENT', word(abi.SUBMISSION_PRIORITY, 3)],
      ['BAD_ARGUMENT', word(abi.SUBMISSION_DEPENDENCY_COUNT, 17)],
      ['BAD_ARGUMENT', word(abi.SUBMISSION_TOTALS, 4)],
      ['BAD_ARGUMENT', word(abi.SUBMISSION_PIECES, 2 ** 32 - 8)],
    ];
    for (const [status, change] of bad) {
      const changed = (record) => {
        record.setUint32(abi.SUBMISSION_PIECE_COUNT, 4, true);
        change(record);
      };
      assert.equal(submit('empty', 10, changed), status);
    }
    const pi = (totals) => submit('pi', 10, word(abi.SUBMISSION_TOTALS, totals));
    assert.equal(pi(0), 'BAD_ARGUMENT', 'no accumulators');
    assert.equal(pi(end), 'BAD_ARGUMENT', 'accumulators past the end of memory');
    for (let i = 0; i < 4; i++) assert.equal(typeof submit('empty', 10), 'number');
    assert.equal(submit('empty', 10), 'POOL_FULL');
    run();
    for (let i = 0; i < 4; i++) assert(wasm.filch_host_reap() > 0);
    assert.equal(wasm.filch_host_reap(), 0);
  });

  test(`a handle of no task among the dependencies counts as done [${file}]`, async () => {
    const { wasm, submit, run } = await start(file);
    const handles = [1, -1, NaN, 2 ** 60, 65536 * 77 + 3];
    const handle = submit('empty', 10, (record) => {
      record.setUint32(abi.SUBMISSION_DEPENDENCY_COUNT, handles.length, true);
      handles.forEach((value, i) =>
        record.setFloat64(abi.SUBMISSION_DEPENDENCIES + 8 * i, value, true),
      );
    });
    assert.equal(typeof handle, 'number');
    run();
    assert.equal(wasm.filch_host_reap(), handle);
  });

  test(`a completion has status, code, counts, and range of an ended task [${file}]`, async () => {
    const { wasm, kernels, statuses, submit, run, completion } = await start(file);
    const field = (kernel, name) => kernels.get(kernel).fields.find((each) => each.name === name);
    const { offset } = field('fail', 'at');
    const handles = [
      submit('empty', 10),
      submit('fail', 10, (record) => {
        record.setUint32(abi.SUBMISSION_GRAIN, 1, true);
        record.setUint32(abi.SUBMISSION_ARGS + offset, 3, true);
        record.setUint32(abi.SUBMISSION_ARGS + field('fail', 'code').offset, 7, true);
      }),
    ];
    run();
    const ended = [];
    while (wasm.filch_host_reap()) {
      const number = (at) => completion.getFloat64(at, true);
      const word = (at) => completion.getUint32(at, true);
      ended.push({
        handle: number(abi.COMPLETION_HANDLE),
        status: statuses[word(abi.COMPLETION_STATUS)],
        code: word(abi.COMPLETION_CODE),
        done: number(abi.COMPLETION_DONE),
        helpers: word(abi.COMPLETION_HELPERS),
        range: [number(abi.COMPLETION_FAILED_BEGIN), number(abi.COMPLETION_FAILED_END)],
        at: word(abi.COMPLETION_ARGS + offset),
      });
      assert(number(abi.COMPLETION_BEGAN_MS) <= number(abi.COMPLETION_ENDED_MS));
    }
    ended.sort((a, b) => handles.indexOf(a.handle) - handles.indexOf(b.handle));
    const [empty, fail] = handles;
    const ok = { status: 'OK', code: 0, done: 10, helpers: 1, range: [0, 0], at: 0 };
    const failed = { status: 'KERNEL_FAILED', code: 7, done: 3, helpers: 1, range: [3, 4], at: 3 };
    assert.deepEqual(ended, [
      { handle: empty, ...ok },
      { handle: fail, ...failed },
    ]);
    for (const handle of handles) assert.equal(wasm.filch_host_release(handle), 0);
    assert.equal(statuses[wasm.filch_host_release(empty)], 'STALE_HANDLE');
  });
}
