// What must be true of everything that was asked of a runtime: it settles; as what it settles has a
// cause in the storm; a result is right.

/** Something asked of the runtime, with what may become of it. */
export class Entry {
  settled = false;
  state; // then 'done' or 'failed'
  outcome;
  at = 0; // when it settled
  cancelled = false; // the storm has cancelled it, or aborted its signal
  stopped = Infinity; // when
  timeout = 0;
  after = []; // entries
  job;
  arrays = []; // held for it
  paused = 0;

  /**
   * @param {object} expected check(result): a text where the result is wrong; checkFailure(error):
   *   the same of an error; fails: codes of its failures; mustFail: it cannot be done; endless: it
   *   ends only when it is cancelled; ring: that it is a record of; url: the module that it needs;
   *   source: the same, or the plug-in
   */
  constructor(what, posted, expected = {}) {
    this.what = what;
    this.posted = posted;
    this.expected = { fails: [], ...expected };
  }
}

/** Of a thrown value, the code of a FilchError, or what else tells it. */
export function codeOf(error) {
  if (typeof error !== 'object' || error === null) return String(error);
  return error.code ?? error.name;
}

/** Milliseconds that may pass within an event. */
const MOMENT = 0.3;
/** Milliseconds that a worker may take to come home. */
const RECENT = 100;

const records = ({ threads }) => threads.all.map(({ record }) => record);

/** A worker that ran this job has ended, or the last worker has. */
function hasLost(world, { job, message }) {
  if (/was not replaced/.test(message) && !world.runtime.workers.running) return true;
  return records(world).some(({ ended, jobs }) => ended < Infinity && jobs.has(job));
}

/** Two threads have ended in the import, or it took too long, or a worker that runs has it not. */
function isMissed(world, entry, { message }) {
  const { url, source = url } = entry.expected;
  if (/2 workers that imported it have ended/.test(message))
    return records(world).filter((record) => record.endedWith(source)).length > 1;
  const { importLimit = 10_000 } = world.plan.options;
  const { now } = world.agenda;
  if (message.includes(` it was not imported within ${importLimit} ms`)) {
    const calls = world.entries.filter(({ expected }) => expected.url === url);
    return calls.some(({ posted }) => posted <= now - importLimit + MOMENT);
  }
  return records(world).some(
    (record) => record.ran <= now && record.lacked(source, entry.posted, now),
  );
}

/** Why a worker's death is not legal, as a text; undefined: it is. */
export function crashFault(world, { worker, reason }) {
  if (/it was killed|replaceWorker\(\) ended it|could not start|litter/.test(reason))
    return undefined;
  const threads = world.threads.all.filter((thread) => thread.worker === worker);
  const [, id, grace] = /of job (\d+) was stopped, and went on for (\d+) ms/.exec(reason) ?? [];
  if (id) {
    const entry = world.entries.find(({ job }) => job?.id === Number(id));
    const { now } = world.agenda;
    const at = Math.min(entry.at || Infinity, entry.stopped);
    const isLate = at <= now - grace + MOMENT;
    return Number(grace) === (world.plan.options.callGrace ?? 1000) && isLate
      ? undefined
      : `job ${id} has not been stopped for ${grace} ms`;
  }
  const [, ms] = /: its start function, .* did not return within (\d+) ms$/.exec(reason) ?? [];
  if (ms) {
    const { importLimit = 10_000 } = world.plan.options;
    if (Number(ms) !== importLimit) return `the limit is ${importLimit} ms`;
    const isSlow = importLimit <= 100; // less than a thread may sleep for, or a message may take
    return isSlow || threads.some(({ hangs }) => hangs) ? undefined : 'it does not hang';
  }
  const { startLimit = 10_000 } = world.plan.options;
  const isLate = ({ hangs, slow }) => hangs || slow > startLimit - RECENT;
  if (/does not answer/.test(reason))
    return threads.some((each) => each.dead || each.stuck || isLate(each))
      ? undefined
      : 'it could answer';
  if (/code that a module has left there does not end|late with a script/.test(reason))
    return threads.some(isLate) ? undefined : 'it does not hang';
  const [, place] = /^it lacks the (?:module|plug-in) (.+?): /.exec(reason) ?? [];
  const { now } = world.agenda;
  const lacks = (record) => record.lacked(place, now, now, 'known');
  const has = (record) => record.heard > now - RECENT && record.has(place);
  if (place) {
    if (!records(world).some(lacks)) return 'all threads have it';
    return records(world).some(has) ? undefined : 'no other thread has it';
  }
  return 'there is no cause';
}

/** Why an outcome is not legal, as a text; undefined: it is. */
export function fault(world, entry) {
  const { expected, state, outcome } = entry;
  if (state === 'done') {
    if (expected.mustFail) return 'it is done, and cannot be';
    return expected.check?.(outcome);
  }
  const code = codeOf(outcome);
  if (expected.fails.includes(code)) return expected.checkFailure?.(outcome);
  switch (code) {
    case 'CANCELLED':
      return entry.cancelled || world.closed ? undefined : 'it was cancelled, and no caller did';
    case 'TIMEOUT': {
      const early = world.agenda.now < entry.posted + entry.timeout - 0.001;
      return entry.timeout && !early ? undefined : 'it timed out too early';
    }
    case 'WORKER_LOST':
      return hasLost(world, outcome) ? undefined : 'no worker that ran it has ended';
    case 'KERNEL_TRAPPED': // the note of why was lost: another task's took its place
      if (!outcome.reason && isMissed(world, entry, outcome)) return undefined;
      return `it fails with ${code}: ${outcome.stack}`;
    case 'PLUGIN':
      return isMissed(world, entry, outcome) ? undefined : outcome.message;
    case 'DEPENDENCY_FAILED':
      return entry.after.some(({ state }) => state === 'failed')
        ? undefined
        : 'its dependencies have not failed';
    case 'STOPPED':
      if (expected.ring?.isClosed) return undefined;
      return world.closed || world.dead ? undefined : 'the runtime is not closed';
    default:
      return `it fails with ${code}: ${outcome?.stack ?? outcome}`;
  }
}

/** Errors that a call may throw at once. */
export function refusal(world, error, also = []) {
  const code = codeOf(error);
  if (['QUEUE_FULL', 'OUT_OF_MEMORY', ...also].includes(code)) return undefined;
  if (code === 'STOPPED' && (world.closed || world.dead)) return undefined;
  return `it throws ${code}: ${error?.stack ?? error}`;
}
