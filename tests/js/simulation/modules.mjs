// Modules that simulated threads import, for call() and define(): `sim:tasks?take=5` comes after 5
// ms. Each thread has its own, once.

/** As filch's transfer(): the package is a copy here. */
const transfer = (value, list) => ({ [Symbol.for('filch.transfer')]: list, value });

/** Thrown by foreign code on purpose. */
export class Foreign extends Error {
  name = 'Foreign';
  constructor(message, thread) {
    super(message);
    this.thread = thread;
  }
}

const never = () => new Promise(() => {});

/** Functions for call(), as a thread has them. @param {object} [thread] undefined: the owner's */
function functionsOf(agenda, thread) {
  const sleep = (ms) =>
    new Promise((resolve) =>
      agenda.add(ms, { what: 'timer of a function', of: thread, run: resolve }),
    );
  return {
    add: (a, b) => a + b,
    later: async (value, ms) => {
      await sleep(ms);
      return value;
    },
    fail: (text) => {
      throw new Foreign(text);
    },
    failLater: async (text, ms) => {
      await sleep(ms);
      throw new Foreign(text);
    },
    throwText: (text) => {
      throw text;
    },
    never,
    large: (bytes) => new Uint8Array(bytes).fill(7),
    litter: () => {
      Promise.reject(new Foreign('litter', thread)); // no handler comes
      return 'littered';
    },
    leave: () => {
      thread.leaveLoop();
      return 'left';
    },
    uncloneable: () => () => {},
    uncloneableLater: async () => {
      await sleep(1);
      return Symbol('no clone');
    },
    moved: (buffer) => transfer(buffer, [buffer]),
    fill: (array, value) => void array.fill(value),
  };
}

/** A kernel for define(): sums, and throws at one iteration. */
function kernelOf(throws) {
  return ({ args, state }, begin, end) => {
    for (let i = begin; i < end; i++) {
      if (i === args.bad) throw throws;
      state.sum += i;
    }
  };
}

export class Modules {
  #agenda;
  #known = new Map(); // thread -> url -> promise
  #late = new Map(); // href -> milliseconds that it takes from now on

  constructor(agenda) {
    this.#agenda = agenda;
  }

  /** Threads that come later get the module later. */
  delay(url, milliseconds) {
    this.#late.set(url, milliseconds);
  }

  import(url, thread) {
    if (!this.#known.has(thread)) this.#known.set(thread, new Map());
    const known = this.#known.get(thread);
    if (!known.has(url)) known.set(url, this.#load(new URL(url), thread));
    return known.get(url);
  }

  async #load({ href, pathname, searchParams: how }, thread) {
    const agenda = this.#agenda;
    if (how.get('how') === 'hangs') return never();
    const takes = this.#late.get(href) ?? how.get('take') ?? 0.5;
    await new Promise((resolve) => {
      const after = agenda.random.delay(Number(takes));
      agenda.add(after, { what: `import of ${href}`, ref: true, of: thread, run: resolve });
    });
    if (how.get('how') === 'fails') throw new Foreign(`${href} fails`);
    if (how.get('how') === 'fails here' && agenda.random.chance(0.4))
      throw new Foreign(`${href} fails on this thread`);
    if (how.get('how') === 'throws text') throw 'only text';
    if (how.get('leaves')) thread.leaveLoop();
    if (pathname === 'kernel') {
      return { default: kernelOf(how.get('throws') === 'text' ? 'only text' : new Foreign('bad')) };
    }
    return functionsOf(agenda, thread);
  }
}
