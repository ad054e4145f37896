// A long render that survives a reload: the job is saved into IndexedDB as it goes, and restored
// from there.

import { Runtime } from '../index.js';

const $ = (selector) => document.querySelector(selector);
const query = new URLSearchParams(location.search);
const WIDTH = 2400;
const HEIGHT = 1600;
const LIMIT = Number(query.get('limit') ?? 400_000);
const SAVE_MS = Number(query.get('every') ?? 1000);
// deep: thousands of steps for each point
const VIEW = { cx: -0.743643887037151, cy: 0.13182590420533, scale: 1e-11 / WIDTH };

/** One value in a database. */
const store = (mode, act) =>
  new Promise((resolve, reject) => {
    const opening = indexedDB.open('filch-render', 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore('jobs');
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const transaction = opening.result.transaction('jobs', mode);
      const request = act(transaction.objectStore('jobs'));
      transaction.oncomplete = () => (opening.result.close(), resolve(request.result));
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    };
  });
const load = () => store('readonly', (jobs) => jobs.get('render'));
const keep = (bytes) => store('readwrite', (jobs) => jobs.put(bytes, 'render'));
const forget = () => store('readwrite', (jobs) => jobs.delete('render'));

const canvas = $('#picture');
canvas.width = WIDTH;
canvas.height = HEIGHT;
const context = canvas.getContext('2d');
const runtime = await Runtime.start();
let job;
let saved = 0;

function begin() {
  const out = runtime.alloc(Uint8ClampedArray, WIDTH * HEIGHT * 4);
  return runtime.post('mandelbrot', {
    range: [0, HEIGHT],
    args: { out, width: WIDTH, height: HEIGHT, ...VIEW, limit: LIMIT },
    priority: 'low',
  });
}

/** The job of an earlier visit, if there is one that this version can read. */
function restored(bytes) {
  try {
    return bytes && runtime.restore(bytes, { priority: 'low' });
  } catch (error) {
    console.warn('The saved render is not used:', error.message);
  }
}

function say(state, text) {
  document.body.dataset.state = state;
  $('#status').textContent = text;
}

function draw() {
  context.putImageData(new ImageData(job.args.out.slice(), WIDTH, HEIGHT), 0, 0);
  $('#progress').value = job.progress;
  document.body.dataset.progress = job.progress;
  if (job.status === 'running' || job.status === 'queued') {
    say(
      'running',
      `${Math.round(job.progress * 100)} % of ${HEIGHT} rows, ${saved ? `saved at ${Math.round(saved * 100)} %` : 'not saved yet'}`,
    );
  }
}

let saving;

/** One at a time: else an older one could be written last. */
const save = () => (saving ??= saveNow().finally(() => (saving = undefined)));

async function saveNow() {
  if (job.status !== 'running' && job.status !== 'paused') return;
  const current = job;
  try {
    const { progress } = current; // at least: it goes on until it is brought to a halt
    await keep(await current.save());
    saved = progress;
    document.body.dataset.saved = progress;
  } catch (error) {
    if (error.code !== 'NOT_SAVABLE') throw error; // it has just ended
  }
}

async function follow(current, how) {
  job = current;
  document.body.dataset.began = how;
  document.body.dataset.from = current.progress;
  $('#pause').disabled = $('#again').disabled = false;
  const drawing = setInterval(draw, 100);
  const timer = setInterval(save, SAVE_MS);
  try {
    await current;
    await saving;
    await forget();
    draw();
    say('done', how === 'restored' ? 'Done; it was begun before this page was loaded.' : 'Done.');
  } catch (error) {
    if (error.code !== 'CANCELLED') say('failed', error.message);
  } finally {
    clearInterval(drawing);
    clearInterval(timer);
    $('#pause').disabled = true;
  }
}

$('#pause').onclick = async () => {
  if (job.status === 'paused') {
    job.resume();
    $('#pause').textContent = 'Pause';
    return;
  }
  $('#pause').textContent = 'Go on';
  await job.pause();
  await save();
  draw();
  say('paused', `Paused at ${Math.round(job.progress * 100)} %, and saved.`);
};

$('#again').onclick = async () => {
  job.cancel('start over');
  await job.catch(() => {});
  await forget();
  runtime.free(job.args.out);
  saved = 0;
  $('#pause').textContent = 'Pause';
  follow(begin(), 'begun');
};

// not from an async function: a job is thenable, so that would wait for its end
const earlier = restored(await load());
follow(earlier ?? begin(), earlier ? 'restored' : 'begun');
