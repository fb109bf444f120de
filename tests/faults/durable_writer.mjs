// A stock Yjs client that writes without pause and notes what it was told is saved; driven line by line, as those in
// tests/interop are: JSON commands on stdin, JSON answers on stdout.
// node durable_writer.mjs ws://host:port/ws/project/ID environments TOKEN NAME
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'

const require = createRequire(new URL('../interop/package.json', import.meta.url))
const Y = require('yjs')
const { WebsocketProvider } = require('y-websocket')
const decoding = require('lib0/decoding')

const [url, room, token, name] = process.argv.slice(2)
const SUBSCRIBE = 120
const SAVING = 121
const doc = new Y.Doc()
const root = doc.getMap('faults')
const provider = new WebsocketProvider(url, room, doc, {
  params: { token }, disableBc: true, maxBackoffTime: 200, connect: false,
})
const waiting = [] // [own clock after the edit, key]
const acknowledged = []
const saving = []
const codes = [] // with which connections ended
let written = 0
let timer

const clock = () => Y.decodeStateVector(Y.encodeStateVector(doc)).get(doc.clientID) ?? 0

provider.messageHandlers[SUBSCRIBE] = (_encoder, decoder) => {
  const saved = Y.decodeStateVector(decoding.readVarUint8Array(decoder)).get(doc.clientID) ?? 0
  while (waiting.length && waiting[0][0] <= saved) acknowledged.push(waiting.shift()[1])
}
provider.messageHandlers[SAVING] = (_encoder, decoder) => saving.push(JSON.parse(decoding.readVarString(decoder)))
provider.on('status', ({ status }) => status === 'connected' && provider.ws.send(new Uint8Array([SUBSCRIBE])))
provider.on('connection-close', (event) => event && codes.push(event.code))

const write = () => {
  const key = `${name}-${written++}`
  root.set(key, 'snø 山 😀'.repeat(written % 7))
  waiting.push([clock(), key])
}

const commands = {
  online: async () => {
    if (!provider.shouldConnect) provider.connect()
    while (!provider.synced) await new Promise((resolve) => setTimeout(resolve, 10))
  },
  offline: () => provider.disconnect(),
  write: ({ every_ms }) => {
    clearInterval(timer)
    timer = setInterval(write, every_ms)
  },
  rest: () => clearInterval(timer),
  set: ({ key, value }) => void root.set(key, value),
  report: () => ({ written, acknowledged, saving, codes, waiting: waiting.length }),
  dump: () => root.toJSON(),
  state: () => Object.fromEntries([...Y.decodeStateVector(Y.encodeStateVector(doc))].sort()),
}

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line)
  const value = (await commands[command.do](command)) ?? null
  process.stdout.write(JSON.stringify(value) + '\n')
}
process.exit(0)
