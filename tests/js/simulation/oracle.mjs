// What must be true of everything that was asked of a runtime: it settles; as what it settles has a
// cause in the storm; a result is right.

/** Something asked of the runtime, with what may become of it. */
export class Entry {
  settled = false;
  state; // then 'done' or 'failed'
  outcome;
  cancelled = false; // the storm has cancelled it, or aborted its signal
  timeout = 0;
  after = []; // entries
  job;
  arrays = []; // held for it
  paused = 0;

  /**
   * @param {object} expected check(result): a text where the result is wrong; fails: codes that it
   *   may fail with; mustFail: it cannot be done; endless: it ends only when it is cancelled;
   *   isRecord: of a ring
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

/** The storm has ended the two workers that imported the module. */
const hasCost = ({ lost }, { message }) =>
  lost > 1 && /2 workers that imported it have ended/.test(message);

/** Why an outcome is not legal, as a text; undefined: it is. */
export function fault(world, entry) {
  const { expected, state, outcome } = entry;
  if (state === 'done') {
    if (expected.mustFail) return 'it is done, and cannot be';
    return expected.check?.(outcome);
  }
  const code = codeOf(outcome);
  if (expected.fails.includes(code)) return undefined;
  switch (code) {
    case 'CANCELLED':
      if (expected.isRecord && world.lost) return undefined; // its batch was lost
      return entry.cancelled || world.closed ? undefined : 'it was cancelled, and no caller did';
    case 'TIMEOUT': {
      const early = world.agenda.now < entry.posted + entry.timeout - 0.001;
      return entry.timeout && !early ? undefined : 'it timed out too early';
    }
    case 'WORKER_LOST': // also where a worker is replaced after a short callGrace
      return world.lost || world.closed ? undefined : 'it lost a worker, and none was lost';
    case 'PLUGIN': // a worker's death, or another module's failure
      return outcome.message;
    case 'DEPENDENCY_FAILED':
      return entry.after.some(({ state }) => state === 'failed')
        ? undefined
        : 'its dependencies have not failed';
    case 'STOPPED':
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
