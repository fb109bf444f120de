// The load: W writers at R updates a second and C clients in one room, raw frames, the same for every server.
// node load.mjs URL PROTOCOL WRITERS RATE CLIENTS SECONDS [FIELD]
// PROTOCOL is `y` or `hocuspocus`; URL ends with the room's path; FIELD is what is set, `style.mood` if not given
// Every update is one struct of one clock, so that what an update delivers can be counted without a document.
// Prints {delivered, expected, p50_ms, p99_ms, bytes} as JSON; waits on stdin for a line before it begins to write.
import * as Y from 'yjs'
import WebSocket from 'ws'

const [url, protocol, ...numbers] = process.argv.slice(2)
const [writers, rate, clients, seconds] = numbers.slice(0, 4).map(Number)
const [section, key] = (numbers[4] ?? 'style.mood').split('.')
const room = 'environments'
const prefix = protocol === 'hocuspocus' ? Buffer.concat([Buffer.from([room.length]), Buffer.from(room)]) : Buffer.alloc(0)
const now = () => performance.now()
const total = Math.round(rate * seconds)

const varuint = (value) => {
  const out = []
  while (value > 127) {
    out.push((value % 128) | 128)
    value = Math.floor(value / 128)
  }
  out.push(value)
  return Buffer.from(out)
}
const bytes = (data) => Buffer.concat([varuint(data.length), data])
const frame = (...parts) => Buffer.concat([prefix, ...parts])

// The updates are made beforehand: a document with one map per writer, one key set again and again.
const sentAt = new Map()
const plans = []
const seedDoc = new Y.Doc()
seedDoc.clientID = 1
for (let w = 0; w < writers; w++) {
  const map = new Y.Map()
  seedDoc.getMap('environments').set('env_' + w, map)
  map.set('name', 'Environment ' + w)
  map.set('style', new Y.Map())
  map.set('parameters', new Y.Map(Object.entries({ archetype: 'alpine', seed: w, time_of_day: 12 })))
}
const seed = Buffer.from(Y.encodeStateAsUpdate(seedDoc))
for (let w = 0; w < writers; w++) {
  const doc = new Y.Doc()
  doc.clientID = 1000 + w
  Y.applyUpdate(doc, seed)
  const updates = []
  doc.on('update', (update) => updates.push(frame(Buffer.from([0, 2]), bytes(Buffer.from(update)))))
  const map = doc.getMap('environments').get('env_' + w).get(section)
  for (let k = 0; k < total; k++) map.set(key, (k % 2400) / 100)
  plans.push(updates)
  sentAt.set(1000 + w, new Float64Array(total))
}

let delivered = 0
let volume = 0
const latencies = []
let recording = false

// Reads just enough of a v1 update: client ids, clocks and the length of what Y.Map.set writes.
class Reader {
  constructor(data, at) {
    this.data = data
    this.at = at
  }
  uint() {
    let value = 0
    let scale = 1
    for (;;) {
      const byte = this.data[this.at++]
      value += (byte & 127) * scale
      if (byte < 128) return value
      scale *= 128
    }
  }
  skip() {
    const size = this.uint()
    this.at += size
  }
  any() {
    const tag = this.data[this.at++]
    if (tag === 125) while (this.data[this.at++] & 128);
    else if (tag === 124) this.at += 4
    else if (tag === 123 || tag === 122) this.at += 8
    else if (tag === 119 || tag === 116) this.skip()
    else if (tag === 118) for (let k = this.uint(); k > 0; k--) { this.skip(); this.any() }
    else if (tag === 117) for (let k = this.uint(); k > 0; k--) this.any()
    else if (tag < 120) throw new Error('tag ' + tag)
  }
}

const take = (client, data) => {
  volume += data.length
  let at = prefix.length
  if (data[at] !== 0 || data[at + 1] === 0) return
  const reader = new Reader(data, at + 2)
  reader.uint()
  const time = now()
  const count = reader.uint()
  for (let c = 0; c < count; c++) {
    const structs = reader.uint()
    const id = reader.uint()
    let clock = reader.uint()
    const sent = sentAt.get(id)
    for (let s = 0; s < structs; s++) {
      const info = reader.data[reader.at++]
      const ref = info & 31
      let size = 1
      if (ref === 0 || ref === 10) size = reader.uint()
      else {
        if (info & 128) { reader.uint(); reader.uint() }
        if (info & 64) { reader.uint(); reader.uint() }
        if (!(info & 192)) {
          if (reader.uint()) reader.skip()
          else { reader.uint(); reader.uint() }
          if (info & 32) reader.skip()
        }
        if (ref === 1) size = reader.uint()
        else if (ref === 8) { size = reader.uint(); for (let k = 0; k < size; k++) reader.any() }
        else if (ref === 7) reader.uint()
        else throw new Error('content ' + ref)
      }
      if (sent !== undefined) {
        const key = client.next.get(id) ?? 0
        const end = clock + size
        if (end > key) {
          const fresh = end - Math.max(key, clock)
          client.next.set(id, end)
          if (client.writer !== id) {
            delivered += fresh
            if (recording && client.sampled) for (let k = end - fresh; k < end; k++) latencies.push(time - sent[k])
          }
        }
      }
      clock += size
    }
  }
}

const connect = (index) =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(`${url}${url.includes('?') ? '&' : '?'}user=usr_${index}`, { perMessageDeflate: false })
    const client = { socket, next: new Map(), writer: index < writers ? 1000 + index : 0, sampled: index % 5 === 0 }
    socket.binaryType = 'nodebuffer'
    socket.on('error', reject)
    socket.on('close', (code, reason) => { if (!done) { console.error('closed', code, String(reason)); process.exit(1) } })
    socket.on('open', () => {
      if (protocol === 'hocuspocus') socket.send(frame(Buffer.from([2, 0]), bytes(Buffer.from('token')), bytes(Buffer.from('4.7.0'))))
      socket.send(frame(Buffer.from([0, 0]), bytes(Buffer.from([0]))))
    })
    socket.on('message', (data) => {
      // the first answer with content, a step 2, means that the client is in
      if (data[prefix.length] === 0 && data[prefix.length + 1] === 1) resolve(client)
      // what the server lacks of ours: nothing
      if (protocol === 'y' && data[0] === 0 && data[1] === 0) socket.send(frame(Buffer.from([0, 1, 2, 0, 0])))
      take(client, data)
    })
  })

let done = false
const everybody = []
for (let index = 0; index < clients; index++) everybody.push(await connect(index))
everybody[0].socket.send(frame(Buffer.from([0, 2]), bytes(seed)))
await new Promise((resolve) => setTimeout(resolve, 500))
process.stdout.write('ready\n')
await new Promise((resolve) => process.stdin.once('data', resolve))

recording = true
const began = now()
const position = new Array(writers).fill(0)
await new Promise((resolve) => {
  const tick = () => {
    const due = Math.min(total, Math.floor(((now() - began) / 1000) * rate) + 1)
    let left = false
    for (let w = 0; w < writers; w++) {
      const sent = sentAt.get(1000 + w)
      while (position[w] < due) {
        sent[position[w]] = now()
        everybody[w].socket.send(plans[w][position[w]++])
      }
      left ||= position[w] < total
    }
    if (left) setTimeout(tick, 1)
    else resolve()
  }
  tick()
})
const expected = writers * total * (clients - 1)
const patience = now() + 20_000
while (delivered < expected && now() < patience) await new Promise((resolve) => setTimeout(resolve, 5))
const wall = (now() - began) / 1000
done = true
latencies.sort((a, b) => a - b)
const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))]
process.stdout.write(JSON.stringify({ delivered, expected, p50_ms: at(0.5), p99_ms: at(0.99), bytes: volume, wall }) + '\n')
for (const { socket } of everybody) socket.terminate()
process.exit(0)
