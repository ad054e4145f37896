// The picture that the resize panel brings along: an evening by a lake, drawn here and the same
// each time.
//
// The picture shows a filter's quality: by thin lines (needles, grass, ripples), points (stars),
// and smooth gradients.

import { frame } from './dom.js';

const WIDTH = 1800,
  HEIGHT = 1200,
  SHORE = 0.66 * HEIGHT;
const SUN = { x: 0.592 * WIDTH, y: 0.382 * HEIGHT, radius: 58 };

/** A small generator with a seed (mulberry32), 0 to 1. */
function random(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), seed | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Heights along the picture: noise of several octaves, -1 to 1. */
function ridge(seed, scale, octaves) {
  const next = random(seed),
    values = Array.from({ length: 1024 }, () => next() * 2 - 1);
  return (x) => {
    let sum = 0,
      share = 1,
      total = 0;
    for (let k = 0, at = x / scale; k < octaves; k++, at *= 2.03, share *= 0.5) {
      const i = Math.floor(at),
        f = at - i,
        ease = f * f * (3 - 2 * f);
      const a = values[(i + 331 * k) & 1023],
        b = values[(i + 1 + 331 * k) & 1023];
      sum += (a + (b - a) * ease) * share;
      total += share;
    }
    return sum / total;
  };
}

const mix = (a, b, t) => a.map((v, i) => v + (b[i] - v) * t);
const css = ([r, g, b], alpha = 1) =>
  `rgb(${Math.round(r)} ${Math.round(g)} ${Math.round(b)} / ${alpha})`;

function fade(context, box, stops) {
  const gradient = context.createLinearGradient(...box);
  for (const [at, colour] of stops) gradient.addColorStop(at, colour);
  return gradient;
}

function sky(context) {
  context.fillStyle = fade(
    context,
    [0, 0, 0, SHORE],
    [
      [0, '#141a3c'],
      [0.22, '#2b2c62'],
      [0.42, '#6d3f7e'],
      [0.6, '#c25c78'],
      [0.75, '#f08a63'],
      [0.88, '#fbbd70'],
      [1, '#ffe3a6'],
    ],
  );
  context.fillRect(0, 0, WIDTH, SHORE);
  const next = random(11);
  for (let k = 0; k < 420; k++) {
    const y = next() ** 1.9 * SHORE * 0.62,
      size = 0.5 + next() ** 6 * 1.6;
    context.fillStyle = css([255, 246, 228], (1 - y / (SHORE * 0.64)) * (0.35 + 0.65 * next()));
    context.beginPath();
    context.arc(next() * WIDTH, y, size, 0, 7);
    context.fill();
  }
}

function clouds(context) {
  const next = random(29);
  for (let k = 0; k < 26; k++) {
    const y = SHORE * (0.3 + 0.5 * next()),
      x = next() * WIDTH,
      wide = 160 + 420 * next(),
      t = y / SHORE;
    const light = mix([190, 96, 140], [255, 214, 150], Math.min(1, Math.max(0, (t - 0.35) * 2.2)));
    for (let line = 0; line < 5; line++) {
      const long = wide * (0.35 + 0.65 * next()),
        left = x - wide / 2 + next() * (wide - long),
        top = y + line * 4.5;
      context.fillStyle = fade(
        context,
        [left, 0, left + long, 0],
        [
          [0, css(light, 0)],
          [0.5, css(light, 0.26)],
          [1, css(light, 0)],
        ],
      );
      context.beginPath();
      context.ellipse(left + long / 2, top, long / 2, 3 + 3 * next(), 0, 0, 7);
      context.fill();
    }
  }
}

function sun(context) {
  const { x, y, radius } = SUN;
  const glow = context.createRadialGradient(x, y, radius * 0.5, x, y, radius * 14);
  const stops = [
    [0, 0.95],
    [0.05, 0.62],
    [0.12, 0.4],
    [0.25, 0.22],
    [0.45, 0.09],
    [0.7, 0.025],
    [1, 0],
  ];
  for (const [at, alpha] of stops)
    glow.addColorStop(at, css(mix([255, 238, 196], [255, 150, 96], at ** 0.5), alpha));
  context.fillStyle = glow;
  context.fillRect(0, 0, WIDTH, SHORE);
  context.fillStyle = '#fff6dc';
  context.beginPath();
  context.arc(x, y, radius, 0, 7);
  context.fill();
}

/** Layer k of 6, the far ones pale and high. */
function mountains(context, k) {
  const t = k / 5,
    height = ridge(101 + 7 * k, 420 - 46 * k, 8),
    base = SHORE * (0.74 + 0.24 * t),
    reach = SHORE * (0.26 - 0.17 * t);
  const top = mix([176, 104, 132], [22, 22, 46], t ** 0.8),
    foot = mix([246, 168, 118], [44, 34, 62], t ** 0.7);
  context.fillStyle = fade(
    context,
    [0, base - reach, 0, SHORE],
    [
      [0, css(top)],
      [1, css(foot)],
    ],
  );
  context.beginPath();
  context.moveTo(0, SHORE);
  for (let x = 0; x <= WIDTH; x += 2)
    context.lineTo(x, Math.min(SHORE, base - reach * (0.5 + 1.1 * height(x))));
  context.lineTo(WIDTH, SHORE);
  context.fill();
}

function lake(context) {
  // A copy to read from: a canvas that draws itself copies itself whole at each row.
  const above = new OffscreenCanvas(WIDTH, Math.ceil(SHORE));
  above.getContext('2d', { willReadFrequently: true }).drawImage(context.canvas, 0, 0);
  const sway = ridge(500, 7, 3);
  for (let y = Math.ceil(SHORE); y < HEIGHT; y++) {
    // The mirrored rows, each shifted: the nearer the water, the longer its waves and the wider
    // they swing.
    const depth = (y - SHORE) / (HEIGHT - SHORE),
      wave = sway(y / (0.25 + 1.1 * depth)),
      shift = wave * (2 + 26 * depth);
    const from = Math.max(0, SHORE - (y - SHORE) * 1.25 - 10 * depth * wave - 1);
    context.drawImage(above, 0, from, WIDTH, 1, shift, y, WIDTH, 1);
    // The gap that the shift leaves.
    context.drawImage(above, 0, from, 40, 1, shift < 0 ? WIDTH + shift : shift - 40, y, 40, 1);
  }
  context.fillStyle = fade(
    context,
    [0, SHORE, 0, HEIGHT],
    [
      [0, 'rgb(60 34 70 / .1)'],
      [1, 'rgb(12 14 44 / .62)'],
    ],
  );
  context.fillRect(0, SHORE, WIDTH, HEIGHT - SHORE);
  const next = random(77);
  for (let k = 0; k < 1100; k++) {
    const depth = next() ** 1.5,
      y = SHORE + 2 + depth * (HEIGHT - SHORE),
      away = (next() + next() + next() - 1.5) * (40 + 300 * depth);
    context.fillStyle = `rgb(255 226 168 / ${(0.7 * next() * (1 - 0.6 * depth)).toFixed(3)})`;
    context.fillRect(SUN.x + away, y, 4 + 42 * next() * (0.25 + depth), 0.7 + 1.4 * depth);
  }
}

function pine(context, x, foot, tall, next) {
  context.beginPath();
  context.moveTo(x - tall * 0.012, foot);
  context.lineTo(x, foot - tall);
  context.lineTo(x + tall * 0.012, foot);
  context.fill();
  const rows = Math.round(20 + tall / 9);
  context.lineWidth = Math.max(0.7, tall / 190);
  context.beginPath();
  for (let row = 1; row < rows; row++) {
    const t = row / rows,
      y = foot - tall * (1 - t * 0.9),
      wide = tall * 0.19 * t ** 0.85;
    for (const side of [-1, 1]) {
      for (let k = 0; k < 4; k++) {
        const long = wide * (0.35 + 0.75 * next());
        context.moveTo(x, y + k * 1.7);
        context.quadraticCurveTo(
          x + (side * long) / 2,
          y + long * 0.1,
          x + side * long,
          y + long * (0.22 + 0.4 * next()),
        );
      }
    }
  }
  context.stroke();
}

function bank(context) {
  const next = random(7),
    ground = ridge(900, 500, 5);
  const foot = (x) =>
    HEIGHT -
    70 -
    62 * ground(x) -
    190 * Math.max(0, 0.34 - x / WIDTH) -
    90 * Math.max(0, x / WIDTH - 0.86);
  context.fillStyle = context.strokeStyle = '#0b0c1c';
  context.beginPath();
  context.moveTo(0, HEIGHT);
  for (let x = 0; x <= WIDTH; x += 3) context.lineTo(x, foot(x));
  context.lineTo(WIDTH, HEIGHT);
  context.fill();
  const trees = [
    [60, 560],
    [138, 470],
    [205, 620],
    [276, 380],
    [330, 455],
    [408, 300],
    [452, 210],
    [1600, 250],
    [1668, 370],
    [1738, 300],
    [1786, 430],
  ];
  for (const [x, tall] of trees) pine(context, x, foot(x) + 6, tall, next);
  context.lineWidth = 1;
  context.beginPath();
  for (let k = 0; k < 1500; k++) {
    const x = next() * WIDTH,
      y = foot(x) + 3,
      lean = (next() - 0.5) * 18,
      tall = 8 + 26 * next() ** 2;
    context.moveTo(x, y);
    context.quadraticCurveTo(x + lean * 0.2, y - tall * 0.6, x + lean, y - tall);
  }
  context.stroke();
}

function birds(context) {
  const next = random(41);
  context.strokeStyle = '#1b1430';
  context.lineWidth = 1.6;
  context.lineCap = 'round';
  for (let k = 0; k < 15; k++) {
    const x = WIDTH * (0.36 + 0.2 * next()) + k * 9,
      y = SHORE * (0.36 + 0.16 * next()),
      wing = 5 + 8 * next();
    context.beginPath();
    context.moveTo(x - wing, y - wing * (0.2 + 0.3 * next()));
    context.quadraticCurveTo(x - wing * 0.4, y - wing * 0.5, x, y);
    context.quadraticCurveTo(
      x + wing * 0.4,
      y - wing * 0.5,
      x + wing,
      y - wing * (0.2 + 0.3 * next()),
    );
    context.stroke();
  }
}

/**
 * Draws the picture, a part at a frame so that the page stays smooth.
 * @returns {Promise<HTMLCanvasElement>}
 */
export async function drawLandscape() {
  const canvas = Object.assign(document.createElement('canvas'), { width: WIDTH, height: HEIGHT });
  // The canvas stays in main memory: its rows are copied one by one.
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const parts = [
    sky,
    clouds,
    sun,
    ...[0, 1, 2, 3, 4, 5].map((k) => (to) => mountains(to, k)),
    lake,
    bank,
    birds,
  ];
  for (const part of parts) {
    part(context);
    await frame();
  }
  return canvas;
}
