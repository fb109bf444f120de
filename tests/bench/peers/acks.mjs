// Writers who want to know when their change is safe.
// {targets, protocol, writers, rate, seconds, sent: path?}: writer w works in document w % targets.length.
// Prints {sent, acked, ack: percentiles}; an ack is our frame 120, which says what is COMMITted, or Hocuspocus' SyncStatus,
// which says only that the change has been applied. `sent` gets when each update went out, for a durable log to be matched.
import { writeFileSync } from 'node:fs'
import * as Y from 'yjs'
import { bytes, Client, finish, now, pace, percentiles, readVector, ready, rest, SAVED, SYNC, SYNC_STATUS } from './wire.mjs'

const { targets, protocol, writers, rate, seconds, sent: sentFile } = JSON.parse(process.argv[2])
const total = Math.round(rate * seconds)
const acks = []
const people = []
let recording = false

for (let w = 0; w < writers; w++) {
  const doc = new Y.Doc()
  doc.clientID = 1000 + w
  const map = new Y.Map()
  doc.getMap('environments').set('env_' + w, map)
  const style = map.set('style', new Y.Map())
  const seed = Buffer.from(Y.encodeStateAsUpdate(doc))
  const updates = []
  doc.on('update', (update) => updates.push(Buffer.from(update)))
  const first = Y.getState(doc.store, doc.clientID)
  for (let k = 0; k < total; k++) style.set('mood', k / 100)
  const person = { updates, first, sent: new Float64Array(total), acked: 0 }
  const until = (count) => {
    if (!recording) return
    const time = now()
    for (; person.acked < Math.min(count, total); person.acked++) acks.push(time - person.sent[person.acked])
  }
  const client = new Client(targets[w % targets.length], protocol, (kind, reader) => {
    if (kind === SAVED) until((readVector(reader.bytes()).get(1000 + w) ?? first) - first)
    else if (kind === SYNC_STATUS && protocol === 'hocuspocus') until(person.acked + 1)
  })
  person.client = await client.in
  client.update(seed)
  if (protocol === 'y') client.send(Buffer.from([SAVED]))
  people.push(person)
}
await rest(500)
for (const person of people) person.frames = person.updates.map((update) => person.client.frame(Buffer.from([SYNC, 2]), bytes(update)))
await ready()
recording = true
await pace(writers, rate, total, (w, k) => {
  people[w].sent[k] = now()
  people[w].client.socket.send(people[w].frames[k])
})
const patience = now() + 20_000
while (acks.length < writers * total && now() < patience) await rest(2)
if (sentFile) {
  const machine = Number(process.hrtime.bigint()) / 1e6 - now() // the monotonic clock that all processes share
  const out = people.map((person, w) => ({ client: 1000 + w, room: targets[w % targets.length].room, first: person.first, sent: [...person.sent].map((at) => at + machine) }))
  writeFileSync(sentFile, JSON.stringify(out))
}
finish({ sent: writers * total, acked: acks.length, ack: percentiles(acks) })
