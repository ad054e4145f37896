export default {
  input: 'main.js',
  external: ['filch'],
  output: { dir: 'dist', paths: { filch: './filch/index.js' } },
};
