// Two honest people in one document: how long an edit of one takes to reach the other, while something else goes on.
// {target, protocol, rate}: writes from the first line on stdin to the second. Prints percentiles in milliseconds.
import * as Y from 'yjs'
import { Client, finish, now, percentiles, ready, line, rest, SYNC } from './wire.mjs'

const { target, protocol, rate } = JSON.parse(process.argv[2])
const sent = []
const times = []
const doc = new Y.Doc()
const seen = new Y.Doc()
const key = 'probe_' + doc.clientID // of its own: an earlier probe may have left something
const writer = await new Client(target, protocol).in
const reader = new Client(target, protocol, (kind, frame) => {
  if (kind !== SYNC || frame.data[frame.at] === 0) return
  frame.at++
  Y.applyUpdate(seen, frame.bytes())
  const mood = seen.getMap('environments').get(key)?.get('style')?.get('mood') ?? -1
  const time = now()
  while (times.length <= mood) times.push(time - sent[times.length])
})
await reader.in
doc.on('update', (update) => writer.update(Buffer.from(update)))
const map = new Y.Map()
doc.getMap('environments').set(key, map)
const style = map.set('style', new Y.Map())
await ready()
const timer = setInterval(() => {
  sent.push(now())
  style.set('mood', sent.length - 1)
}, 1000 / rate)
await line()
clearInterval(timer)
const patience = now() + 20_000
while (times.length < sent.length && now() < patience) await rest(5)
finish({ sent: sent.length, ...percentiles(times) })
