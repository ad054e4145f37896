// A picture of a part of the plane, and the worker of each row.

import { paintOwners } from './worker-shares.js';

export class Layer {
  #pixels;
  #owners;
  #onMain;
  #image;
  #seen;

  /**
   * @param {number} width in pixels
   * @param {number} height
   * @param {{ cx: number, cy: number, span: number }} view the part that is shown, see view.js
   * @param {object} [painted] by a kernel, row by row; left out: the caller draws the picture
   * @param {Uint8ClampedArray} painted.pixels shared memory
   * @param {Uint8Array} painted.owners shared memory: the owner of each row, 0 while it is not done
   * @param {boolean} painted.onMain the main thread paints, no worker
   */
  constructor(width, height, view, { pixels, owners, onMain = false } = {}) {
    this.view = view;
    this.picture = new OffscreenCanvas(width, height);
    this.rows = new OffscreenCanvas(1, height);
    this.#pixels = pixels;
    this.#owners = owners;
    this.#onMain = onMain;
    if (pixels) this.#image = new ImageData(width, height);
    this.#seen = new Uint8Array(height);
  }

  /** Copies the rows that are done since the last pull: canvases take no shared memory. */
  pull() {
    if (!this.#pixels) return;
    const { width, height } = this.picture,
      stride = 4 * width;
    const owners = this.#owners.slice();
    for (let row = 0; row < height; row++) {
      if (!owners[row] || this.#seen[row]) continue;
      const first = row;
      for (; row < height && owners[row] && !this.#seen[row]; row++) this.#seen[row] = 1;
      this.#image.data.set(this.#pixels.subarray(first * stride, row * stride), first * stride);
      this.picture.getContext('2d').putImageData(this.#image, 0, 0, 0, first, width, row - first);
    }
    const tints = new ImageData(1, height);
    paintOwners(owners, tints, this.#onMain);
    this.rows.getContext('2d').putImageData(tints, 0, 0);
  }

  /** Pulls for the last time: the caller frees the shared memory after it. */
  close() {
    this.pull();
    this.#pixels = this.#owners = this.#image = undefined;
  }

  /** The place of the picture on a canvas of this size that shows `view`. */
  #place(view, width, height) {
    const pixel = view.span / width,
      wide = this.view.span / pixel;
    const high = (wide * this.picture.height) / this.picture.width;
    const x = width / 2 + (this.view.cx - view.cx) / pixel - wide / 2;
    const y = height / 2 - (this.view.cy - view.cy) / pixel - high / 2;
    return [x, y, wide, high];
  }

  draw(context, view) {
    context.imageSmoothingEnabled = true;
    context.drawImage(
      this.picture,
      ...this.#place(view, context.canvas.width, context.canvas.height),
    );
  }

  /** Draws the rows' colours over the picture. */
  tint(context, view) {
    context.imageSmoothingEnabled = false;
    context.drawImage(this.rows, ...this.#place(view, context.canvas.width, context.canvas.height));
  }

  /** Draws the rows' colours as a strip, beside a picture of `width` that shows `view`. */
  mark(context, view, width) {
    const [, y, , high] = this.#place(view, width, context.canvas.height);
    context.imageSmoothingEnabled = false;
    context.drawImage(this.rows, 0, y, context.canvas.width, high);
  }
}
