export default {
  target: 'node',
  entry: './main.js',
  externals: { filch: 'import filch' },
  output: { filename: 'main.cjs' },
};
