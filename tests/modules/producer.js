// A producer of a ring, in a worker of the page's own.
const node = typeof process === 'object' && process.versions?.node
const port = node ? (await import('node:worker_threads')).parentPort : self
const { connectRing } = await import('../../web/ring.js')

const answer = (data) => port.postMessage(data)
const hear = async ({ port: ring, count, base, bytes, crash, early }) => {
  const records = connectRing(ring, {
    encode(view, n) {
      new Uint8Array(view.buffer, 0, bytes).fill(n & 0xff)
      view.setUint32(0, n, true)
      return bytes
    },
    decode: (view) => view.getUint32(0, true),
  })
  if (early) {
    const all = Array.from({ length: count }, (_, i) => records.send(i))
    const closed = records.close()
    const ends = await Promise.allSettled(all)
    await closed
    const refused = ends.filter(({ reason }) => reason?.code === 'STOPPED').length
    return answer({ back: ends.filter(({ value }, i) => value === i + 1).length, refused })
  }
  let wrong = 0
  for (let i = 0; i < count; i++) {
    if (records.needsDrain) await records.ready()
    const sent = records.send(base + i).then((got) => (wrong += got !== base + i + 1))
    if (i === count - 1) await sent
    if (crash && i === count / 2) return answer({ half: true })
  }
  await records.close()
  answer({ wrong })
}
if (node) port.once('message', hear)
else {
  port.onmessage = (event) => hear(event.data)
  answer({ ready: true }) // what comes before is lost
}
