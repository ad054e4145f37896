// The Mandelbrot set, as a picture to move in. A new view cancels the running job; while the
// picture is held, only a coarse one is computed.

import { choice, h, slider } from '../dom.js';
import { count, plural } from '../format.js';
import { Layer } from '../layer.js';
import { gestures } from '../view.js';

const MOST_PIXELS = 2_500_000; // more takes memory, and shows little
const TINT = 0.55;
const COARSE = 4; // one pixel of the preview covers COARSE x COARSE
const PLACES = {
  whole: { name: 'Whole set', cx: -0.65, cy: 0, span: 3.3, limit: 2000 },
  seahorses: { name: 'Seahorse valley', cx: -0.7463, cy: 0.1102, span: 0.0065, limit: 6000 },
  elephants: { name: 'Elephant valley', cx: 0.2925, cy: 0.0149, span: 0.012, limit: 4000 },
  spiral: { name: 'Spiral', cx: -0.761574, cy: -0.0847596, span: 0.00018, limit: 12000 },
  island: { name: 'Island', cx: -1.7687788, cy: -0.0017389, span: 0.000012, limit: 8000 },
};
const FIRST_PLACE = 'seahorses';

export const mandelbrot = {
  id: 'mandelbrot',
  name: 'Mandelbrot',
  kernels: ['mandelbrot'],
  about:
    'One iteration is one row. Move the picture by dragging, the wheel, a pinch, or the arrow keys, + and −.',
  create,
};

function create({ start, running, overlay }) {
  const canvas = h('canvas', {
    className: 'picture',
    id: 'mandelbrot-view',
    tabIndex: 0,
    role: 'application',
    'aria-roledescription': 'picture to move in',
    'aria-label': 'The Mandelbrot set. Arrow keys move, plus and minus zoom, 0 goes back.',
  });
  const strip = h('canvas', {
    className: 'strip',
    width: 1,
    height: 1,
    role: 'img',
    'aria-label': 'Which worker computed which row',
  });
  const view = { ...PLACES[FIRST_PLACE] };
  const context = canvas.getContext('2d');
  let base, coarse, fine; // the picture before, the preview, and the one that is being computed
  let version = 0,
    held = false,
    wake = () => {},
    stopJob = () => {};

  const place = choice({
    id: 'place',
    label: 'Place',
    value: FIRST_PLACE,
    choices: [
      ...Object.entries(PLACES).map(([id, { name }]) => [id, name]),
      ['own', 'Where you went'],
    ],
    onChange: (id) => {
      if (PLACES[id]) go(id);
    },
  });
  const limit = slider({
    id: 'limit',
    label: 'Steps until a point counts as inside',
    min: 6,
    max: 16,
    step: 0.25,
    value: Math.log2(view.limit),
    read: (power) => count(steps(power)),
    onChange: () => change(),
  });
  place.row.querySelector('option[value=own]').hidden = true;
  const { zoomIn, zoomOut } = gestures(canvas, {
    view,
    home: () => go(FIRST_PLACE),
    change: () => {
      place.value = 'own';
      change();
    },
    hold: (now) => {
      held = now;
      wake();
    },
  });
  const zoomButton = (text, label, onclick) =>
    h('button', { type: 'button', onclick, 'aria-label': label }, text);
  const stage = h(
    'div',
    { className: 'frame with-strip' },
    canvas,
    strip,
    h(
      'div',
      { className: 'zoom' },
      zoomButton('+', 'Zoom in', zoomIn),
      zoomButton('−', 'Zoom out', zoomOut),
    ),
  );

  function go(id) {
    Object.assign(view, PLACES[id]);
    limit.value = Math.log2(view.limit);
    place.value = id;
    change();
  }

  /**
   * The view has changed: shows the known part at once, and lets the workers compute the rest.
   */
  function change() {
    version++;
    stopJob();
    wake();
    paint();
    if (!running()) start('workers', { preview: true });
  }

  async function run(run, { preview = false } = {}) {
    let drawn, result;
    run.signal.addEventListener('abort', () => wake());
    if (!preview) base = coarse = fine = undefined; // the picture is empty until it is computed
    do {
      drawn = version;
      if (preview) result = await compute(run, COARSE, drawn);
      if (drawn === version && held)
        await new Promise((resolve) => {
          wake = resolve;
        });
      if (run.signal.aborted) throw new DOMException('cancelled', 'AbortError');
      if (drawn === version && !held) result = await compute(run, 1, drawn);
      preview = true; // from the second change on, the user is moving
    } while (drawn !== version);
    return result;
  }

  /** Computes one picture of the present view. A later view cancels this one, without an error. */
  async function compute(run, step, drawn) {
    const width = Math.ceil(canvas.width / step),
      height = Math.ceil(canvas.height / step);
    const { cx, cy, span } = view;
    const out = run.runtime.alloc(Uint8ClampedArray, width * height * 4);
    const owners = run.runtime.alloc(Uint8Array, height);
    const stop = new AbortController();
    run.signal.addEventListener('abort', () => stop.abort(), { signal: stop.signal });
    stopJob = () => stop.abort();
    const painted = { pixels: out, owners, onMain: run.alone };
    const layer = new Layer(width, height, { cx, cy, span }, painted);
    if (step === 1) fine = layer;
    else (coarse = layer), (fine = undefined);
    if (step === 1) run.begin();
    try {
      const args = {
        out,
        owners,
        width,
        height,
        cx,
        cy,
        scale: span / width,
        limit: steps(limit.value),
      };
      const { workers } = await run.track(
        run.runtime.post('mandelbrot', { range: [0, height], args, signal: stop.signal }),
      );
      return `${plural(height, 'row')} by ${run.alone ? 'the main thread' : plural(workers.length, 'worker')}.`;
    } catch (error) {
      if (error.name !== 'AbortError' || run.signal.aborted || drawn === version) throw error;
    } finally {
      layer.close();
      stop.abort();
      run.runtime.free(out);
      run.runtime.free(owners);
      if (step === 1) keep();
    }
  }

  /** The picture on the canvas becomes the base that the next one is drawn over. */
  function keep() {
    const flat = new Layer(canvas.width, canvas.height, { ...view });
    const picture = flat.picture.getContext('2d'),
      rows = flat.rows.getContext('2d');
    for (const layer of layers()) {
      layer.draw(picture, view);
      layer.mark(rows, view, canvas.width);
    }
    base = flat;
    coarse = fine = undefined;
  }

  const layers = () => [base, coarse, fine].filter(Boolean);

  function paint() {
    const side = strip.getContext('2d');
    context.clearRect(0, 0, canvas.width, canvas.height);
    side.clearRect(0, 0, strip.width, strip.height);
    for (const layer of layers()) {
      layer.pull();
      layer.draw(context, view);
      layer.mark(side, view, canvas.width);
    }
    if (!overlay()) return;
    context.globalAlpha = TINT;
    for (const layer of layers()) layer.tint(context, view);
    context.globalAlpha = 1;
  }

  /** Fits the canvas to its place. True: the size has changed, and a new picture is on its way. */
  function fit() {
    const { clientWidth, clientHeight } = canvas;
    const ratio = Math.min(
      2,
      devicePixelRatio || 1,
      Math.sqrt(MOST_PIXELS / (clientWidth * clientHeight)),
    );
    const width = Math.round(clientWidth * ratio),
      height = Math.round(clientHeight * ratio);
    if (!width || (width === canvas.width && height === canvas.height)) return false;
    canvas.width = width;
    canvas.height = height;
    strip.height = height;
    change();
    return true;
  }
  new ResizeObserver(fit).observe(canvas);

  return {
    stage,
    run,
    paint,
    tints: true,
    show: () => {
      if (!fit()) start('workers', { preview: true });
    },
    controls: [place.row, limit.row],
    key: () =>
      JSON.stringify([view.cx, view.cy, view.span, limit.value, canvas.width, canvas.height]),
  };
}

const steps = (power) => Math.round(2 ** power / 10) * 10;
