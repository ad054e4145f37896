// Words that the project does not use, each with its replacement. STYLE.md explains why.

/**
 * @typedef {object} Row
 * @property {string} was the words, with spaces between them. A phrase has `_` for its spaces
 * @property {'names' | 'prose' | 'both'} where `names`: parts of identifiers and of file names, so
 *   that `guest` is found in `guest_cases` and in `isGuest`; `prose`: comments, texts, and Markdown
 * @property {string} is the replacement
 * @property {RegExp} [only] the files of the row; all, where left out
 * @property {{ path: string, why: string }[]} [except] files, by how their paths begin
 */

const C = /^(runtime|tasks|tests\/(c|embed|fixtures))\/.*\.[ch]$/;

/** @type {Row[]} */
export const words = [
  {
    was: 'whoever whomever somebody nobody',
    where: 'both',
    is: 'name the actor: worker, owner, thief, victim, parent, child, caller',
  },
  { was: 'life_word', where: 'prose', is: 'task state' },
  { was: 'life', where: 'names', is: 'state', only: C },
  { was: 'engaged engage engages', where: 'both', is: 'running in' },
  { was: 'poke pokes poked', where: 'both', is: 'request preemption; notify' },
  { was: 'attention attend attends', where: 'names', is: 'preempt_request, check_preempt' },
  { was: 'boundary boundaries', where: 'both', is: 'safepoint' },
  {
    was: 'make_room makes_room made_room making_room put_back puts_back',
    where: 'prose',
    is: 'yield',
  },
  { was: 'owes', where: 'names', is: 'wake_pending' },
  { was: 'hungry hunger hungers', where: 'both', is: 'steal request' },
  { was: 'abandon abandons abandoned', where: 'both', is: 'detach', only: C },
  { was: 'level levels', where: 'names', is: 'priority', only: C },
  { was: 'bury buries buried burial', where: 'both', is: 'recover' },
  { was: 'forge forges forged', where: 'both', is: 'corrupt' },
  { was: 'guest guests', where: 'both', is: 'helping caller' },
  { was: 'posting postings', where: 'both', is: 'submission' },
  { was: 'offer offers offered', where: 'names', is: 'inject', only: C },
  { was: 'crew', where: 'both', is: 'worker pool' },
  { was: 'staff holdings', where: 'names', is: 'autoscale; resources' },
  { was: 'done_list', where: 'prose', is: 'completions' },
];

/** Identifiers, whole, that have another name now: what they begin with, or all of it. */
export const names = [
  // sched_yield() is a function of POSIX.
  [
    /^(life|LIFE|layout|sched(?!_yield$))_/,
    'state_, STATE_; the name of the file in sched/; region_',
  ],
  [/^pool_(take|give|free|init)$/, 'slots_'],
  [/^(frame_(of|home|claim|split|spare)|FRAME_ALL|range_word|word_range)$/, 'range_, RANGE_ALL'],
  [
    /^idle_(search|found|announce|retract|sleep|awake|count|wake|wake_one|wake_all|bury)$/,
    'sleep_',
  ],
  [/^done_(list|ring|reap|arm|collect)$/, 'completions_'],
  [
    /^(after_(begin|over|settled|released)|AFTER_MAX|AFTER_(SETTLED|RELEASED))$/,
    'depend_, DEPENDENCIES_MAX',
  ],
  [/^search_(task|this|frames_of|queued|possible|waiting|urgent|make_room)$/, 'steal_, queue_'],
  [
    /^post_(find|offer|cancel|pause|resume|set_level|paused|pieces|stop|loop|arm|reap|release)$/,
    'control_, submit_, reap_',
  ],
  [
    /^tree_(ended|level|hidden|reserve|close|push|push_all|release|finish|abandon|lose|sweep)$/,
    'tree_, queue_, settle_, recover_',
  ],
  [
    /^(fork_(ask|choose)|JOIN_NOBODY|filch_(many|in_order|posting)|SLOT_LISTED|LEVELS)$/,
    'fork_request_steal, JOIN_DETACHED, filch_batch, filch_submission, PRIORITIES',
  ],
];
