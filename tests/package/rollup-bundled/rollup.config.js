import resolve from './resolve.js';

export default {
  input: ['main.js', 'kernel.js', 'filch/worker.js'],
  output: { dir: 'dist' },
  plugins: [resolve()],
};
