// Events, and jobs that wait for one or for a time.
import { post } from './operations-posts.mjs';

const hasEvent = ({ events }) => events.length > 0;

/** What the event stands for: a name, or a promise; that of a job may reject. */
function sourceOf({ random, entries }) {
  const jobs = entries.filter(({ job }) => job);
  if (random.chance(0.6)) return random.pick(['first', 'second']);
  return jobs.length && random.chance(0.7) ? random.pick(jobs).job : Promise.resolve();
}

function open(world) {
  const source = sourceOf(world);
  const entry = world.entry(`event() of ${typeof source === 'string' ? source : 'a promise'}`);
  world
    .ask(entry, () => world.runtime.event(source))
    ?.then(
      (event) => world.events.push(event),
      () => {},
    );
}

/** Without a time the calm cancels it: its event may never be set. Before any event() it fails. */
function wait(world) {
  const { random, events } = world;
  const isTree = random.chance(0.4);
  const event = events.length && random.chance(0.8) ? random.pick(events) : undefined;
  const milliseconds = !event || random.chance(0.4) ? random.pick([0.1, 1, 30]) : 0;
  const args = { event: event?.id ?? 0, milliseconds };
  const options = isTree
    ? { args: { ...args, n: random.below(4) } }
    : { range: [0, random.whole(1, 4)], args };
  const check = ({ state: { passed, timeouts, closed } }) => {
    if (isTree) return passed <= 2 ** options.args.n ? undefined : `${passed} leaves passed`;
    const count = passed + timeouts + closed;
    return count === options.range[1] ? undefined : `${count} waits have ended`;
  };
  const fails = ['NO_WAIT', ...(isTree ? ['TOO_DEEP'] : [])];
  post(world, isTree ? 'resttree' : 'rest', options, { endless: !milliseconds, check, fails });
}

function tell(world) {
  const { random } = world;
  const event = random.pick(world.events);
  const how = random.weighed([
    [5, 'pulse'],
    [2, 'set'],
    [1, 'reset'],
    [1, 'close'],
  ]);
  try {
    event[how](...(how === 'pulse' ? [random.whole(1, 3)] : []));
  } catch (error) {
    if (!['BAD_ARGUMENT', 'STOPPED'].includes(error.code)) throw error; // it is closed
  }
  const { permits, waiting } = event;
  if (!(permits >= 0 && waiting >= 0)) world.wrong(`${permits} permits, ${waiting} waiting`);
}

export const waits = [
  { name: 'event', weight: 2, run: open },
  { name: 'wait', weight: 4, inside: true, run: wait },
  { name: 'tell an event', weight: 4, inside: true, when: hasEvent, run: tell },
];
