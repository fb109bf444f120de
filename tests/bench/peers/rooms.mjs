// Rooms that are opened, written, left and opened again, in turns, for a while.
// {targets, protocol, at_once, seconds}: each visit joins, writes, waits until the server
// has taken it (ours: COMMITted) and leaves, as a browser tab does; the first visit of each room writes about 25 kB.
// Prints {visits, visit: percentiles, wall}.
import * as Y from 'yjs'
import { Client, finish, now, percentiles, readVector, ready, SAVED, SYNC, SYNC_STATUS } from './wire.mjs'

const { targets, protocol, at_once: atOnce, seconds } = JSON.parse(process.argv[2])
const PATIENCE_MS = 30_000
const times = []
let next = 0
const visit = async (number) => {
  const began = now()
  let taken
  const isTaken = new Promise((resolve) => { taken = resolve })
  const doc = new Y.Doc()
  const client = new Client(targets[number % targets.length], protocol, (kind, reader) => {
    if (kind === SYNC && reader.data[reader.at] === 1) {
      reader.at++
      Y.applyUpdate(doc, reader.bytes(), client)
    } else if (kind === SAVED ? readVector(reader.bytes()).has(doc.clientID) : kind === SYNC_STATUS && protocol === 'hocuspocus') taken()
  })
  await client.in
  doc.on('update', (update, origin) => { if (origin !== client) client.update(Buffer.from(update)) })
  const environments = doc.getMap('environments')
  const id = 'env_' + (number % targets.length) // an environment's id is its own in the whole house
  if (environments.has(id)) environments.get(id).get('style').set('mood', number)
  else {
    doc.transact(() => {
      const map = environments.set(id, new Y.Map())
      const style = map.set('style', new Y.Map())
      map.set('archived_at', 1700000000)
      for (let k = 0; k < 200; k++) style.set('note_' + k, 'what somebody wrote about the light at that hour, and why '.repeat(2))
    })
  }
  if (protocol === 'y') client.send(Buffer.from([SAVED]))
  const patience = setTimeout(() => {
    console.error(`visit ${number}: the server has not taken it for ${PATIENCE_MS / 1000} s`)
    process.exit(1)
  }, PATIENCE_MS)
  await isTaken
  clearTimeout(patience)
  await client.leave()
  times.push(now() - began)
}
await ready()
const began = now()
const work = async () => { while (now() - began < seconds * 1000) await visit(next++) }
await Promise.all(Array.from({ length: atOnce }, work))
finish({ visits: times.length, visit: percentiles(times), wall: (now() - began) / 1000 })
