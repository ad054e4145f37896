// A picture of a part of the plane, and who computed which pixel of it.

import { paintOwners } from './owners.js';

export class Layer {
  #pixels;
  #map;
  #where;
  #image;
  #tints;

  /**
   * @param {{ cx: number, cy: number, span: number }} view what it shows, see view.js
   * @param {Uint8ClampedArray} [pixels] shared memory that a kernel paints; alpha 0 where it has not been yet
   * @param {Uint8Array} [map] shared memory: the owner of each pixel
   * @param {'workers' | 'main'} [where]
   */
  constructor(width, height, view, pixels, map, where = 'workers') {
    this.view = view;
    this.picture = new OffscreenCanvas(width, height);
    this.owners = new OffscreenCanvas(width, height);
    this.#pixels = pixels;
    this.#map = map;
    this.#where = where;
    if (!pixels) return;
    this.#image = new ImageData(width, height);
    this.#tints = new ImageData(width, height);
  }

  /** Copies what the kernel has painted so far: canvases take no shared memory. */
  pull() {
    if (!this.#pixels) return;
    this.#image.data.set(this.#pixels);
    paintOwners(this.#map, this.#tints, this.#where);
    this.picture.getContext('2d').putImageData(this.#image, 0, 0);
    this.owners.getContext('2d').putImageData(this.#tints, 0, 0);
  }

  /** The last pull; from here on the shared memory is somebody else's. */
  close() {
    this.pull();
    this.#pixels = this.#map = this.#image = this.#tints = undefined;
  }

  /** Draws one of its canvases to where it belongs in `view`, on a canvas of any size. */
  draw(context, view, from, alpha = 1) {
    const { width, height } = context.canvas;
    const pixel = view.span / width, own = this.view.span / from.width;
    const wide = this.view.span / pixel, high = (own * from.height) / pixel;
    const x = width / 2 + (this.view.cx - view.cx) / pixel - wide / 2;
    const y = height / 2 - (this.view.cy - view.cy) / pixel - high / 2;
    context.globalAlpha = alpha;
    context.imageSmoothingEnabled = from === this.picture;
    context.drawImage(from, x, y, wide, high);
    context.globalAlpha = 1;
  }

  /** Draws both of its canvases into another layer's. */
  flatten(into) {
    this.draw(into.picture.getContext('2d'), into.view, this.picture);
    this.draw(into.owners.getContext('2d'), into.view, this.owners);
  }
}
