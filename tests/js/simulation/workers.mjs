// Workers as the package makes them: Node's class, and a browser's object, each around a simulated
// thread.

/** @param {(port: object) => object} threadFor see Thread */
export function nodeWorkerOf({ plan, agenda }, threadFor) {
  return class {
    #on = {};
    #thread;
    #port;
    #ref = false; // it keeps the process

    constructor() {
      if (plan.refusesThread()) throw new Error('no more threads');
      this.#port = {
        message: (data) => this.#on.message?.(data),
        error: (error) => this.#on.error?.(error),
        exit: (code) => {
          this.unref();
          this.#on.exit?.(code);
        },
      };
      this.ref();
      this.#thread = threadFor(this.#port);
    }

    on(type, call) {
      this.#on[type] = call;
      return this;
    }

    once(type, call) {
      return this.on(type, call);
    }

    ref() {
      if (!this.#ref) agenda.refs++;
      this.#ref = true;
    }

    unref() {
      if (this.#ref) agenda.refs--;
      this.#ref = false;
    }

    postMessage(message, transfer) {
      this.#thread.post(message, transfer);
    }

    async terminate() {
      this.#thread.terminate();
    }
  };
}

/** @param {(port: object) => object} threadFor see Thread */
export function browserWorker({ plan }, threadFor) {
  if (plan.refusesThread()) throw new Error('no more threads');
  const worker = { addEventListener() {} }; // every message can be read
  const port = {
    isOpen: true,
    afterlife: 2000,
    message: (data) => worker.onmessage({ data }),
    error: ({ message }) => worker.onerror({ message, preventDefault() {} }),
  };
  const thread = threadFor(port);
  worker.postMessage = (message, transfer) => thread.post(message, transfer);
  worker.terminate = () => {
    port.isOpen = false;
    thread.terminate();
  };
  return worker;
}
