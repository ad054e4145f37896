export default {
  target: 'node20',
  entry: './main.js',
  externals: { filch: 'import filch' },
  output: { filename: 'main.cjs' },
};
