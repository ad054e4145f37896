// Node as an environment for measures, seen from inside: see environments.mjs.

process.on('message', async ({ id, url, name, args }) => {
  try {
    process.send({ id, result: await (await import(url))[name](...args) });
  } catch (error) {
    process.send({ id, error: error.stack });
  }
});
