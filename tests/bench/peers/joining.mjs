// Everybody opens one document at once.
// {target, protocol, clients, folder, nearly}: the folder is what document.mjs made; with `nearly` the clients have all but the last edits.
// Prints {last_ms, join: percentiles, bytes}: from the moment all begin to connect until each holds the answer to its state vector.
// Of five clients the answer is applied afterwards and must make the whole document.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as Y from 'yjs'
import { Client, finish, now, percentiles, readVector, ready, SYNC } from './wire.mjs'

const { target, protocol, clients, folder, nearly } = JSON.parse(process.argv[2])
const vector = nearly ? readFileSync(join(folder, 'nearly.vector')) : Buffer.from([0])
const whole = readVector(readFileSync(join(folder, 'whole.vector')))
await ready()
const began = now()
const times = []
const kept = []
let volume = 0
await Promise.all(
  Array.from({ length: clients }, (_, index) => {
    let isIn = false
    const client = new Client(target, protocol, (kind, reader) => {
      if (kind !== SYNC || reader.data[reader.at] === 0) return
      reader.at++
      const update = reader.bytes()
      volume += update.length
      if (!isIn) times.push(now() - began)
      isIn = true
      if (index % Math.ceil(clients / 5) === 0) kept.push([index, update])
    }, vector)
    return client.in
  })
)
const result = { last_ms: Math.max(...times), join: percentiles(times), bytes: volume }
for (const index of new Set(kept.map(([index]) => index))) {
  const doc = new Y.Doc()
  if (nearly) Y.applyUpdate(doc, readFileSync(join(folder, 'nearly.bin')))
  for (const [owner, update] of kept) if (owner === index) Y.applyUpdate(doc, update)
  const has = readVector(Buffer.from(Y.encodeStateVector(doc)))
  for (const [id, clock] of whole) if ((has.get(id) ?? 0) < clock) throw new Error(`client ${index} lacks ${clock - (has.get(id) ?? 0)} of ${id}`)
}
finish(result)
