// A large picture that a kernel makes tile by tile: copies each tile once, when it is done. A copy
// of the whole at every frame would cost the page its frames.

import { paintOwners } from './worker-shares.js';

export class Tiles {
  #size;
  #context;
  #image;
  #seen;

  /**
   * @param {HTMLCanvasElement} canvas as large as the picture
   * @param {number} size of a tile, in pixels
   */
  constructor(canvas, size) {
    this.#size = size;
    this.#context = canvas.getContext('2d');
    this.#image = new ImageData(size, size);
    this.across = Math.ceil(canvas.width / size);
    this.down = Math.ceil(canvas.height / size);
    this.#seen = new Uint8Array(this.across * this.down);
  }

  /**
   * @param {Uint8ClampedArray} pixels the picture, in shared memory
   * @param {Uint8Array} owners 0 for a tile that is not done
   */
  pull(pixels, owners) {
    const { width, height } = this.#context.canvas;
    const size = this.#size;
    for (let i = 0; i < this.#seen.length; i++) {
      if (this.#seen[i] || !owners[i]) continue;
      this.#seen[i] = 1;
      const left = (i % this.across) * size,
        top = Math.floor(i / this.across) * size;
      const wide = Math.min(size, width - left),
        high = Math.min(size, height - top);
      for (let row = 0; row < high; row++) {
        const from = ((top + row) * width + left) * 4;
        this.#image.data.set(pixels.subarray(from, from + wide * 4), row * size * 4);
      }
      this.#context.putImageData(this.#image, left, top, 0, 0, wide, high);
    }
  }
}

/**
 * Shows a map of tiles on a canvas, a pixel to a tile. The style sheet stretches the canvas over
 * the picture.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {object} map
 * @param {Uint8Array} map.owners of the tiles
 * @param {number} map.width of the picture, in pixels
 * @param {number} map.height
 * @param {boolean} map.alone the main thread made the tiles, no worker
 * @param {number} size of a tile, in pixels
 */
export function showTiles(canvas, { owners, width, height, alone }, size) {
  const across = Math.ceil(width / size),
    down = Math.ceil(height / size);
  if (canvas.width !== across) canvas.width = across;
  if (canvas.height !== down) canvas.height = down;
  const image = new ImageData(across, down);
  paintOwners(owners, image, alone);
  canvas.getContext('2d').putImageData(image, 0, 0);
  canvas.style.width = `${(100 * across * size) / width}%`;
  canvas.style.height = `${(100 * down * size) / height}%`;
}
