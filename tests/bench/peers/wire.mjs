// What the loads share: frames as y-protocols and Hocuspocus write them, without a document per client.
// Every load takes one JSON argument, prints `ready`, waits on stdin for a line, and prints one line of JSON.
import WebSocket from 'ws'

export const SYNC = 0
export const AWARENESS = 1
export const SAVED = 120 // ours: what survives a crash
export const SYNC_STATUS = 8 // Hocuspocus: what has been applied in memory

export const varuint = (value) => {
  const out = []
  while (value > 127) {
    out.push((value % 128) | 128)
    value = Math.floor(value / 128)
  }
  out.push(value)
  return Buffer.from(out)
}

export const bytes = (data) => Buffer.concat([varuint(data.length), data])
export const now = () => performance.now()
export const rest = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
export const say = (what) => process.stdout.write((typeof what === 'string' ? what : JSON.stringify(what)) + '\n')

export class Reader {
  constructor (data, at = 0) {
    this.data = data
    this.at = at
  }

  uint () {
    let value = 0
    let scale = 1
    for (;;) {
      const byte = this.data[this.at++]
      value += (byte & 127) * scale
      if (byte < 128) return value
      scale *= 128
    }
  }

  bytes () {
    const size = this.uint()
    this.at += size
    return this.data.subarray(this.at - size, this.at)
  }
}

export const readVector = (data) => {
  const reader = new Reader(data)
  const vector = new Map()
  for (let count = reader.uint(); count > 0; count--) {
    const client = reader.uint()
    vector.set(client, reader.uint())
  }
  return vector
}

// `state` is a y-protocols state as text.
export const awareness = (client, clock, state) =>
  bytes(Buffer.concat([varuint(1), varuint(client), varuint(clock), bytes(Buffer.from(state))]))

export const percentiles = (values) => {
  values.sort((a, b) => a - b)
  const at = (share) => values[Math.min(values.length - 1, Math.floor(values.length * share))] ?? null
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: values.at(-1) ?? null, count: values.length }
}

let leaving = false
const waiting = []
let typed = 0
process.stdin.on('data', () => (waiting.length ? waiting.shift()() : typed++))
export const line = () => (typed ? Promise.resolve(typed--) : new Promise((resolve) => waiting.push(resolve)))
export const ready = async () => {
  say('ready')
  await line()
}
export const finish = (result) => {
  leaving = true
  process.stdout.write(JSON.stringify(result) + '\n', () => process.exit(0))
}

export class Client {
  // target: {url, room}; Hocuspocus has one url and names the document in every frame.
  // take(kind, reader, client): every frame, the reader standing behind the kind.
  constructor (target, protocol, take, vector = Buffer.from([0])) {
    const name = Buffer.from(target.room)
    this.prefix = protocol === 'hocuspocus' ? bytes(name) : Buffer.alloc(0)
    this.closing = false
    this.socket = new WebSocket(target.url, { perMessageDeflate: false, maxPayload: 2 ** 30, skipUTF8Validation: true })
    this.socket.binaryType = 'nodebuffer'
    // in: the answer to our state vector has come, whatever it holds
    this.in = new Promise((resolve, reject) => {
      this.socket.on('error', reject)
      this.socket.on('close', (code, reason) => {
        if (leaving || this.closing) return
        console.error('closed', code, String(reason))
        process.exit(1)
      })
      this.socket.on('open', () => {
        if (protocol === 'hocuspocus') this.send(Buffer.from([2, 0]), bytes(Buffer.from('token')), bytes(Buffer.from('4.7.0')))
        this.send(Buffer.from([SYNC, 0]), bytes(vector))
      })
      this.socket.on('message', (data) => {
        const reader = new Reader(data, this.prefix.length)
        const kind = reader.uint()
        if (kind === SYNC && data[reader.at] === 1) resolve(this)
        take?.(kind, reader, this)
      })
    })
  }

  frame (...parts) {
    return Buffer.concat([this.prefix, ...parts])
  }

  send (...parts) {
    this.socket.send(this.frame(...parts))
  }

  update (data) {
    this.send(Buffer.from([SYNC, 2]), bytes(data))
  }

  leave () {
    this.closing = true
    return new Promise((resolve) => {
      this.socket.on('close', resolve)
      this.socket.close()
    })
  }
}

// Call `step(index, k)` for each k < total at `rate` a second, for `count` writers together.
export const pace = (count, rate, total, step) =>
  new Promise((resolve) => {
    const began = now()
    const position = new Array(count).fill(0)
    const tick = () => {
      // spread over the period, as people are: not all in the same instant
      let left = false
      for (let index = 0; index < count; index++) {
        const due = Math.min(total, Math.floor(((now() - began) / 1000) * rate - index / count) + 1)
        while (position[index] < due) step(index, position[index]++)
        left ||= position[index] < total
      }
      if (left) setTimeout(tick, 1)
      else resolve()
    }
    tick()
  })
